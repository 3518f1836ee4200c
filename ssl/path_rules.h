// The rules of RFC 5280 section 6 that concern a path as a whole, given that every signature in it
// verifies: CA flag, path length, key usage, name constraints, strength. Time is left out, because
// it is judged anew on every call. Internal to ssl/. Any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "ssl/certificate_view.h"
#include "ssl/trust.h"

namespace tracer::ssl {

// Problems with one sentence about the first of them, first by precedence.
struct Findings {
  ChainProblems problems = 0;
  std::string detail;

  void add(ChainProblem problem, std::string sentence);
};

// "CN=www.example.org" as far as it fits into a sentence.
std::string short_subject(const CertificateView& certificate);
std::string short_issuer(const CertificateView& certificate);

// `path`: leaf first. `anchored`: the last certificate is trusted as it is, so that its own
// signature counts for nothing. `comparisons`: see name_outside_constraints().
Findings check_path(std::span<const CertificateView* const> path, bool anchored,
                    std::size_t max_intermediates, std::size_t& comparisons);

}  // namespace tracer::ssl
