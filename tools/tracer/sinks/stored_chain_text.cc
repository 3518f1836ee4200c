#include "tools/tracer/sinks/stored_chain_text.h"

#include "engine/failure.h"
#include "tools/tracer/sinks/card_layout.h"
#include "tools/tracer/sinks/certificate_card.h"
#include "tools/tracer/sinks/certificate_json.h"
#include "tools/tracer/sinks/json_text.h"
#include "tools/tracer/sinks/report_facts.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/sinks/timestamp.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;

void append_failure_json(std::string& out, const StoredChain& chain) {
  if (chain.failure == FailureCode::kNone) {
    out += "null";
    return;
  }
  const engine::FailureInfo& info = engine::failure_info(chain.failure);
  JsonObject object(out);
  object.text("code", info.name);
  object.text("detail", chain.judgement.detail);
  object.text("hint", info.remedy);
  object.close();
}

void append_tls_json(std::string& out, const StoredChain& chain) {
  const ssl::Judgement& judgement = chain.judgement;
  const FailureCode problem = chain_error(judgement.problems);
  JsonObject object(out);
  object.boolean("chain_valid", judgement.chain_valid);
  object.text_or_null("chain_error",
                      problem == FailureCode::kNone ? "" : engine::failure_info(problem).name);
  chain.name ? object.boolean("name_matches", judgement.name_matches) : object.null("name_matches");
  object.boolean("self_signed", judgement.self_signed);
  object.text_or_null("ocsp", ssl::ocsp_status_name(chain.judgement.ocsp.status));
  object.close();
}

std::string trust_text(const StoredChain& chain, const Presentation& presentation) {
  const bool good = chain.failure == FailureCode::kNone;
  std::string text =
      verdict_mark(good ? engine::Verdict::kUp : engine::Verdict::kDown, presentation) + " ";
  text += chain.judgement.chain_valid ? "the chain is trusted" : "the chain is not trusted";
  if (chain.name) {
    text += chain.judgement.name_matches ? ", the name matches" : ", the name does not match";
  }
  return painted(text, good ? Paint::kGreen : Paint::kRed, presentation);
}

}  // namespace

std::string stored_chain_json(const StoredChain& chain) {
  const ssl::Judgement& judgement = chain.judgement;
  std::string out;
  JsonObject object(out);
  object.text("file", chain.file);
  object.text_or_null("name", chain.name.value_or(""));
  object.time("judged_at", chain.judged_s * 1000);
  object.text("profile", profile_name(chain.profile));
  append_failure_json(object.key("failure"), chain);
  append_tls_json(object.key("tls"), chain);
  append_certificate_json(object.key("certificate"), judgement.chain.get(),
                          judgement.verified_expiry_s, chain.judged_s);
  object.key("nonconformities") += '[';
  std::string_view separator;
  if (judgement.chain) {
    for (const std::string& sentence : judgement.chain->nonconformities) {
      out += separator;
      append_json_string(out, sentence);
      separator = ",";
    }
  }
  out += ']';
  object.close();
  out += '\n';
  return out;
}

std::string stored_chain_card(const StoredChain& chain, const Presentation& presentation) {
  const ssl::ChainReport* report = chain.judgement.chain.get();
  CardLayout card(presentation);
  card.title(printable(chain.file));
  if (chain.name) card.fact("for", printable(*chain.name));
  const Timestamp judged = timestamp(chain.judged_s * 1000);
  card.fact("judged", std::string(profile_name(chain.profile)) + ", at " +
                          std::string(judged.with_milliseconds()));
  card.painted_fact("trust", trust_text(chain, presentation));
  if (chain.failure != FailureCode::kNone) {
    const engine::FailureInfo& info = engine::failure_info(chain.failure);
    card.fact("failure", std::string(info.name) + ": " + printable(chain.judgement.detail),
              Paint::kRed);
    card.fact("hint", info.remedy);
  }
  if (chain.judgement.ocsp.status != ssl::OcspStatus::kNone) {
    std::string ocsp(ssl::ocsp_status_name(chain.judgement.ocsp.status));
    if (!chain.judgement.ocsp.sentence.empty())
      ocsp += ": " + printable(chain.judgement.ocsp.sentence);
    card.fact("ocsp", ocsp);
  }
  if (report != nullptr) {
    append_notes(card, *report, chain.judgement.detail);
    append_chain(card, *report, chain.judged_s);
  }
  return card.take();
}

}  // namespace tracer::cli
