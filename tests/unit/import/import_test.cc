#include "tools/tracer/import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/ssl/chains.h"

namespace tracer::import {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ImportFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tracer-import-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  fs::path folder_;
};

TEST_F(ImportFilesTest, SeveralFilesMakeOneSet) {
  const ImportResult result = import_files(
      {file("a.json", R"([{"host": "a", "port": 1}])"), file("b.yaml", "host: b\nport: 2\n"),
       file("c.ndjson", "{\"host\": \"c\", \"port\": 3}\n"),
       file("d.YAML-less", "- {host: d, port: 4}\n"),
       file("e", " \n{\"host\": \"e\", \"port\": 5}")},
      {});
  EXPECT_EQ(format_errors(result), "");
  ASSERT_EQ(result.monitors.size(), 5U);
  for (std::uint32_t index = 0; index < 5; ++index) {
    EXPECT_EQ(result.monitors.at(index).port, index + 1);
  }
}

TEST_F(ImportFilesTest, DuplicatesOverFilesNameBothPlaces) {
  const std::string first = file("first.json", "[\n  {\"host\": \"a\", \"port\": 1}]");
  const std::string second = file("second.yaml", "# a comment\n- host: a\n  port: 1\n");
  const ImportResult result = import_files({first, second}, {});
  EXPECT_EQ(format_errors(result),
            second +
                ":2:3: monitors[0]: has the same name, host, port and tls mode as the "
                "monitor at " +
                first +
                ":2:3; accepted: a name or an id that tells them "
                "apart\n");
}

TEST_F(ImportFilesTest, OneFileTwiceIsRefused) {
  const std::string path = file("a.json", R"([{"host": "a", "port": 1}])");
  EXPECT_EQ(import_files({path, path}, {}).error_count, 1U);
}

TEST_F(ImportFilesTest, UnreadableFilesAreErrorsAndTheOthersAreRead) {
  const std::string absent = (folder_ / "absent.json").string();
  const ImportResult result =
      import_files({absent, folder_.string(), file("b.json", R"({"host": "b", "port": 0})")}, {});
  ASSERT_EQ(result.errors.size(), 3U);
  EXPECT_EQ(format_error(result.errors[0]), absent + ": cannot be read: No such file or directory");
  EXPECT_EQ(format_error(result.errors[1]), folder_.string() + ": cannot be read: Is a directory");
  EXPECT_EQ(result.errors[2].found, "0 is out of range");
}

TEST_F(ImportFilesTest, FilesNamedByAMonitorMustBeReadable) {
  const std::string text =
      R"({"host": "a", "port": 1, "tls": {"ca_file": ")" + (folder_ / "ca.pem").string() + "\"}}";
  const ImportResult result = import_text(text, "m.json", DocumentFormat::kAutomatic, {});
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0].path, "monitors[0].tls.ca_file");
  EXPECT_THAT(result.errors[0].found, HasSubstr("cannot be read: No such file or directory"));
  ImportOptions unchecked;
  unchecked.check_files = false;
  EXPECT_TRUE(import_text(text, "m.json", DocumentFormat::kAutomatic, unchecked).ok());
  file("ca.pem", ssl::testing::chain_file_text("root.pem"));
  EXPECT_TRUE(import_text(text, "m.json", DocumentFormat::kAutomatic, {}).ok());
}

TEST_F(ImportFilesTest, FilesNamedByAMonitorMustHoldWhatTlsNeeds) {
  const std::string empty = file("empty.pem", "");
  const std::string root = file("root.pem", ssl::testing::chain_file_text("root.pem"));
  const std::string key = file("key.pem", ssl::testing::chain_file_text("p256.key"));
  const auto errors = [](const std::string& tls) {
    const std::string text = "host: a\nport: 1\ntls: {" + tls + "}\n";
    return format_errors(import_text(text, "m.yaml", DocumentFormat::kAutomatic, {}));
  };
  EXPECT_EQ(errors("ca_file: " + root), "");
  EXPECT_EQ(errors("ca_file: " + empty), "m.yaml:3:16: monitors[0].tls.ca_file: " + empty +
                                             ": holds no certificate; accepted: certificates in "
                                             "PEM\n");
  EXPECT_EQ(errors("enabled: false, ca_file: " + empty), "");
  const std::string crl = file("good.crl", ssl::testing::chain_file_text("crl_good.crl"));
  EXPECT_EQ(errors("crl_file: " + crl), "");
  EXPECT_EQ(errors("crl_file: [" + crl + ", " + crl + "]"), "");
  EXPECT_EQ(errors("crl_file: [" + crl + ", " + empty + "]"),
            "m.yaml:3:17: monitors[0].tls.crl_file: " + empty +
                ": holds no revocation list; accepted: revocation lists in PEM or DER\n");
  EXPECT_THAT(errors("crl_file: [" + crl + ", /nonexistent]"),
              HasSubstr("monitors[0].tls.crl_file[1]: "));
  EXPECT_THAT(errors("crl_file: [" + crl + ", {}]"), HasSubstr("monitors[0].tls.crl_file[1]: "));
  EXPECT_THAT(errors("cert_file: " + empty + ", key_file: " + key),
              HasSubstr("m.yaml:3:18: monitors[0].tls.cert_file: client certificate " + empty));
  EXPECT_THAT(errors("cert_file: " + root + ", key_file: " + empty),
              HasSubstr("client key " + empty + ": holds no private key"));
  EXPECT_THAT(errors("cert_file: " + root + ", key_file: " + key), HasSubstr("does not belong to"));
}

TEST(ImportTest, ManyErrorsAreCountedAndAHundredListed) {
  constexpr std::size_t kErrors = 10'000;
  std::string json = "[";
  std::string yaml;
  for (std::size_t index = 0; index < kErrors; ++index) {
    const std::string host = "h" + std::to_string(index);
    json += "{\"host\": \"" + host + "\", \"port\": 1, \"prot\": 2},\n";
    yaml += "- {host: " + host + ", port: 70000}\n";
  }
  json.replace(json.size() - 2, 2, "]");
  for (const auto& [text, format] :
       {std::pair(json, DocumentFormat::kJson), std::pair(yaml, DocumentFormat::kYaml)}) {
    const ImportResult result = import_text(text, "many", format, {});
    EXPECT_EQ(result.error_count, kErrors);
    ASSERT_EQ(result.errors.size(), 100U);
    for (std::size_t index = 0; index < 100; ++index) {
      EXPECT_EQ(result.errors[index].line, index + 1);
      EXPECT_GT(result.errors[index].column, 1U);
    }
    const std::string shown = format_errors(result);
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 101);
    EXPECT_THAT(shown, HasSubstr("\n9900 more errors not listed\n"));
  }
}

TEST(ImportTest, KeepGoingTakesTheGoodMonitors) {
  ImportOptions options;
  options.keep_going = true;
  const std::string_view text =
      "{\"host\": \"a\", \"port\": 1}\n{\"host\": \"b\", \"port\": 0}\n{broken\n"
      "{\"host\": \"c\", \"port\": 1, \"tls\": {\"starttls\": \"x\"}}\n{\"host\": \"d\", \"port\": "
      "1}";
  const ImportResult result = import_text(text, "m.ndjson", DocumentFormat::kAutomatic, options);
  EXPECT_EQ(result.error_count, 3U);
  ASSERT_EQ(result.monitors.size(), 2U);
  EXPECT_EQ(result.monitors.name(result.monitors.at(0)), "a:1");
  EXPECT_EQ(result.monitors.name(result.monitors.at(1)), "d:1");
  const ImportResult strict = import_text(text, "m.ndjson", DocumentFormat::kAutomatic, {});
  EXPECT_EQ(strict.error_count, 3U);
  EXPECT_EQ(strict.monitors.size(), 0U);
}

TEST(ImportTest, KeepGoingTakesNoMonitorWhoseDefaultsAreBad) {
  ImportOptions options;
  options.keep_going = true;
  const ImportResult result =
      import_text("defaults: {timeout: x}\nmonitors: [{host: a, port: 1}]\n---\nhost: b\nport: 1\n",
                  "m.yaml", DocumentFormat::kAutomatic, options);
  EXPECT_EQ(result.error_count, 1U);
  ASSERT_EQ(result.monitors.size(), 1U);
  EXPECT_EQ(result.monitors.name(result.monitors.at(0)), "b:1");
}

TEST(ImportTest, LoweredSecurityIsToldOnce) {
  std::string text = "defaults: {tls: {verify: false}}\nmonitors:\n";
  for (int index = 0; index < 5; ++index) {
    text += "  - {host: h" + std::to_string(index) + ", port: 443}\n";
  }
  text +=
      "  - {host: x, port: 443, name: inner, tls: {verify: true, skip_hostname_verify: true}}\n";
  text += "  - {host: y, port: 443, tls: false}\n";
  const ImportResult result = import_text(text, "m.yaml", DocumentFormat::kAutomatic, {});
  EXPECT_EQ(format_errors(result), "");
  ASSERT_EQ(result.warnings.size(), 2U);
  EXPECT_EQ(format_warning(result.warnings[0]),
            "m.yaml:3:5: warning: tls.verify is false for 5 monitors (h0:443, h1:443, h2:443, …): "
            "any certificate is taken");
  EXPECT_EQ(format_warning(result.warnings[1]),
            "m.yaml:8:5: warning: tls.skip_hostname_verify is true for 1 monitor (inner): "
            "certificates for other names and self-signed ones are taken");
}

TEST(ImportTest, FormatsErrors) {
  ImportError error{"monitors.yaml",         12,           5, "monitors[3].port",
                    "70000 is out of range", "1 to 65535", ""};
  EXPECT_EQ(format_error(error),
            "monitors.yaml:12:5: monitors[3].port: 70000 is out of range; accepted: 1 to 65535");
  error.suggestion = "7000";
  error.line = 0;
  error.path.clear();
  error.accepted.clear();
  EXPECT_EQ(format_error(error), "monitors.yaml: 70000 is out of range; did you mean \"7000\"?");
}

// A document of one line has all its monitors on it: places must still be right, and quick.
TEST(ImportTest, ColumnsCountCharactersFromOne) {
  const ImportResult result =
      import_text("[{\"name\": \"ü€😀\", \"host\": \"a\", \"port\": 0}, {\"port\": 1}]", "m.json",
                  DocumentFormat::kAutomatic, {});
  ASSERT_EQ(result.errors.size(), 2U);
  EXPECT_EQ(result.errors[0].column, 39U);
  EXPECT_EQ(result.errors[1].column, 43U);
}

// Whatever comes in, an answer comes out.
TEST(ImportTest, RandomBytesAreErrors) {
  std::mt19937_64 random(20'240'611);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    for (const auto format : {DocumentFormat::kJson, DocumentFormat::kYaml}) {
      const ImportResult result = import_text(text, "random", format, {});
      EXPECT_FALSE(result.ok());
      EXPECT_NE(format_errors(result), "");
    }
  }
}

// Every prefix and every changed byte of a good document is either good or an error with a place.
TEST(ImportTest, DamagedDocumentsAreAnswered) {
  const std::string json =
      R"({"defaults": {"timeout": "5s"}, "monitors": [{"host": "a", "port": 1,
      "labels": {"k": "v\n"},
      "tls": {"alpn": ["h2"]}, "assertions": [{"type": "response_time", "less_than": 5e2}]}]})";
  const std::string yaml =
      "defaults: {timeout: 5s}\nmonitors:\n  - host: a\n    port: 1\n    labels: {k: \"v\\n\"}\n"
      "    assertions:\n      - {type: ip, in: [10.0.0.0/8]}\n";
  for (const std::string& good : {json, yaml}) {
    const auto format = good == json ? DocumentFormat::kJson : DocumentFormat::kYaml;
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::vector<std::string> damaged{good.substr(0, at), good};
      for (const char byte : std::string_view("\0\"{}[]:,\\x \n\xFF", 13)) {
        damaged.push_back(good);
        damaged.back()[at] = byte;
      }
      for (const std::string& text : damaged) {
        const ImportResult result = import_text(text, "damaged", format, {});
        EXPECT_EQ(result.errors.empty(), result.monitors.size() != 0) << text;
      }
    }
  }
}

}  // namespace
}  // namespace tracer::import
