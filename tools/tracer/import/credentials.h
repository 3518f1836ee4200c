// Whether the files that a monitor names for TLS hold what they must: tls.ca_file certificates,
// tls.crl_file revocation lists, tls.cert_file and tls.key_file a certificate and its key. Fleets
// repeat them, so every answer is remembered. Belongs to one import; one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tracer::import {

class Credentials {
 public:
  // Why it cannot be used, naming the file; empty: it can.
  const std::string& trouble_of_roots(const std::string& ca_file);
  const std::string& trouble_of_lists(const std::vector<std::string>& crl_files);
  const std::string& trouble_of_pair(const std::string& cert_file, const std::string& key_file);

 private:
  std::map<std::string, std::string> roots_;
  std::map<std::vector<std::string>, std::string> lists_;
  std::map<std::pair<std::string, std::string>, std::string> pairs_;
};

}  // namespace tracer::import
