#include "tools/tracer/import/target.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tools/tracer/import/diagnostics.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/import/monitor_schema.h"
#include "tools/tracer/import/nearest.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {
namespace {

constexpr std::string_view kTargetForms =
    "HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, starttls+PROTOCOL://HOST:PORT, [IPV6]:PORT";
constexpr std::string_view kAssertionForms =
    "TYPE OPERATOR VALUE, such as response_time<500 or tls_version in TLSv1.2,TLSv1.3";

// Builds the tree that a document with the same monitor would have.
class TreeBuilder {
 public:
  explicit TreeBuilder(Tree& tree) : tree_(tree) {}

  std::uint32_t root() { return tree_.add(Tree::kNoParent, {.kind = Node::Kind::kMap}); }
  std::uint32_t map(std::uint32_t parent, std::string_view key = {}) {
    return tree_.add(parent, {.kind = Node::Kind::kMap, .key = key});
  }
  std::uint32_t list(std::uint32_t parent, std::string_view key) {
    return tree_.add(parent, {.kind = Node::Kind::kList, .key = key});
  }
  void text(std::uint32_t parent, std::string_view key, std::string_view value) {
    tree_.add(parent,
              {.kind = Node::Kind::kString, .key = tree_.keep(key), .text = tree_.keep(value)});
  }
  void text_if(std::uint32_t parent, std::string_view key,
               const std::optional<std::string>& value) {
    if (value) text(parent, key, *value);
  }
  // A value whose type its spelling decides: a number or a bool.
  void plain(std::uint32_t parent, std::string_view key, std::string_view value) {
    tree_.add(parent,
              {.kind = Node::Kind::kPlain, .key = tree_.keep(key), .text = tree_.keep(value)});
  }

 private:
  Tree& tree_;
};

struct TargetParts {
  std::string_view scheme;  // empty: none
  std::string_view host;
  std::string_view port;
};

std::optional<TargetParts> split_target(std::string_view target) {
  constexpr std::string_view kSchemeEnd = "://";
  TargetParts parts;
  if (const std::size_t end = target.find(kSchemeEnd); end != std::string_view::npos) {
    parts.scheme = target.substr(0, end);
    target.remove_prefix(end + kSchemeEnd.size());
    if (parts.scheme.empty()) return std::nullopt;
  }
  const std::size_t colon = target.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  parts.host = target.substr(0, colon);
  parts.port = target.substr(colon + 1);
  const bool brackets = !parts.host.empty() && parts.host.front() == '[';
  if (brackets ? parts.host.back() != ']' : parts.host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (parts.host.empty() || parts.port.empty()) return std::nullopt;
  return parts;
}

struct Expression {
  std::string_view type;
  std::string_view part;  // after a dot: what `of` chooses, or an operator of `certificate`
  std::string_view comparison;
  std::string_view value;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_word_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

std::string_view take_word(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_word_letter);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

std::string_view take_symbol(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("<>=!~"), text.size());
  const std::string_view symbol = text.substr(0, end);
  text.remove_prefix(end);
  return symbol;
}

std::optional<Expression> split_expression(std::string_view text) {
  Expression expression;
  text = trimmed(text);
  expression.type = take_word(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    expression.part = take_word(text);
  }
  text = trimmed(text);
  expression.comparison = take_symbol(text);
  if (expression.comparison.empty()) expression.comparison = take_word(text);
  text = trimmed(text);
  constexpr std::string_view kIn = "in ";
  if (expression.comparison == "not" && text.substr(0, kIn.size()) == kIn) {
    expression.comparison = "not_in";
    text = trimmed(text.substr(kIn.size()));
  }
  expression.value = text;
  const bool whole = !expression.type.empty() && !expression.comparison.empty() && !text.empty();
  return whole ? std::optional(expression) : std::nullopt;
}

// The key that documents have for an operator; empty when there is none.
std::string_view operator_key(const Expression& expression) {
  const std::string_view symbol = expression.comparison;
  const std::string type = normalized(expression.type);
  if (symbol == "<") return "less_than";
  if (symbol == ">") return "greater_than";
  if (symbol == "=" || symbol == "==") {
    if (type == "certificate") return expression.part;
    return type == "connection" ? "status" : "equals";
  }
  return is_word_letter(symbol.front()) ? symbol : std::string_view();
}

void add_list(TreeBuilder& tree, std::uint32_t parent, std::string_view key,
              std::string_view values) {
  const std::uint32_t list = tree.list(parent, key);
  while (true) {
    const std::size_t comma = values.find(',');
    tree.text(list, {}, trimmed(values.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    values.remove_prefix(comma + 1);
  }
}

bool add_assertion(TreeBuilder& tree, std::uint32_t list, std::string_view text) {
  const auto expression = split_expression(text);
  const std::string_view key = expression ? operator_key(*expression) : std::string_view();
  if (key.empty()) return false;
  const std::uint32_t entry = tree.map(list);
  tree.text(entry, "type", expression->type);
  if (!expression->part.empty() && key != expression->part) {
    tree.text(entry, "of", expression->part);
  }
  const std::string form = normalized(key);
  if (form == "in" || form == "notin") {
    add_list(tree, entry, form == "in" ? "in" : "not_in", expression->value);
  } else {
    tree.plain(entry, key, expression->value);
  }
  return true;
}

void add_tls(TreeBuilder& tree, std::uint32_t root, std::string_view scheme,
             const CheckOptions& options) {
  constexpr std::string_view kStarttls = "starttls+";
  const bool starttls = scheme.substr(0, kStarttls.size()) == kStarttls;
  const bool wanted = scheme.empty() ? options.tls || options.starttls : scheme != "tcp";
  const std::uint32_t tls = tree.map(root, "tls");
  tree.plain(tls, "enabled", wanted ? "true" : "false");
  if (starttls) {
    tree.text(tls, "starttls", scheme.substr(kStarttls.size()));
  } else if (options.starttls) {
    tree.text_if(tls, "starttls", options.starttls);
  } else if (scheme == "tls") {
    tree.text(tls, "starttls", "none");
  }
  tree.plain(tls, "verify", options.verify ? "true" : "false");
  tree.plain(tls, "skip_hostname_verify", options.skip_hostname_verify ? "true" : "false");
  tree.text_if(tls, "server_name", options.server_name);
  tree.text_if(tls, "min_version", options.min_version);
  tree.text_if(tls, "max_version", options.max_version);
  tree.text_if(tls, "ca_file", options.ca_file);
  if (!options.crl_files.empty()) {
    const std::uint32_t list = tree.list(tls, "crl_file");
    for (const std::string& file : options.crl_files) tree.text(list, {}, file);
  }
  tree.text_if(tls, "cert_file", options.cert_file);
  tree.text_if(tls, "key_file", options.key_file);
  if (!options.alpn.empty()) {
    const std::uint32_t list = tree.list(tls, "alpn");
    for (const std::string& name : options.alpn) tree.text(list, {}, name);
  }
}

void add_options(TreeBuilder& tree, std::uint32_t root, const CheckOptions& options) {
  tree.text_if(root, "send_after_connect", options.send);
  tree.text_if(root, "expect_response", options.expect);
  tree.text_if(root, "expect_response_regex", options.expect_regex);
  tree.text_if(root, "timeout", options.timeout);
  tree.text_if(root, "ip_family", options.family);
  tree.text_if(root, "source_address", options.source);
  if (options.retries) tree.plain(root, "max_retries", *options.retries);
}

bool is_known_scheme(std::string_view scheme) {
  return scheme.empty() || scheme == "tcp" || scheme == "tls" || scheme.substr(0, 9) == "starttls+";
}

}  // namespace

tl::expected<engine::MonitorSpec, std::vector<std::string>> monitor_from_target(
    std::string_view target, const CheckOptions& options) {
  ImportResult result;
  Diagnostics diagnostics(result);
  diagnostics.begin_file(std::string(target), nullptr);
  const auto failed = [&] {
    std::vector<std::string> sentences;
    for (const ImportError& error : result.errors) sentences.push_back(format_error(error));
    return tl::make_unexpected(std::move(sentences));
  };
  const auto parts = split_target(target);
  if (!parts || !is_known_scheme(parts->scheme)) {
    diagnostics.report_file("is not a target", kTargetForms);
    return failed();
  }

  Tree tree;
  TreeBuilder builder(tree);
  const std::uint32_t root = builder.root();
  builder.text(root, "host", parts->host);
  builder.plain(root, "port", parts->port);
  add_tls(builder, root, parts->scheme, options);
  add_options(builder, root, options);
  if (!options.assertions.empty()) {
    const std::uint32_t list = builder.list(root, "assertions");
    for (const std::string& assertion : options.assertions) {
      if (!add_assertion(builder, list, assertion)) {
        diagnostics.report_file(fmt::format("{} is not an assertion", quoted(assertion)),
                                kAssertionForms);
      }
    }
  }
  const ImportOptions import_options;
  MonitorSchema schema(diagnostics, import_options);
  const engine::MonitorSpec* spec = schema.read_monitor(tree, tree.root());
  if (spec == nullptr || result.error_count != 0) return failed();
  return *spec;
}

}  // namespace tracer::import
