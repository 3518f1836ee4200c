// From the parsed view of a certificate to the facts that reports carry. Internal to ssl/.
#pragma once

#include <string>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

CertificateFacts facts_of(const CertificateView& view);

// OpenSSL's long name of a signature algorithm ("ecdsa-with-SHA256"), or the dotted text.
std::string signature_algorithm_name(const AlgorithmIdentifier& algorithm);

}  // namespace tracer::ssl
