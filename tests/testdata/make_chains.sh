#!/usr/bin/env bash
# Writes the certificates that the tests of ssl/ judge into the folder named, each as NAME.pem with
# what `openssl x509` says of it in NAME.txt. Nothing of it is committed: keys and signatures are
# fresh on every run, names and dates are always the same (valid for the year 2026 unless said).
#
#     make_chains.sh FOLDER
set -euo pipefail

out=$1
rm -rf "$out"
mkdir -p "$out/work"
cd "$out"

cat > work/ca.cnf <<'END'
[ca]
default_ca = any
[any]
database = work/index
serial = work/serial
new_certs_dir = work
default_md = default
policy = anything
unique_subject = no
copy_extensions = none
[anything]
[req]
distinguished_name = none
prompt = no
string_mask = utf8only
utf8 = yes
[none]
END
: > work/index
echo 0AC0FFEE0001 > work/serial

# key NAME KIND: made once, so that several certificates can share it.
key() {
  [ -e "work/$1.key" ] && return
  case $2 in
    rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" ;;
    pss*) openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt "rsa_keygen_bits:${2#pss}" ;;
    ed*) openssl genpkey -quiet -algorithm "$2" ;;
    *) openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$2" ;;
  esac > "work/$1.key" 2> work/log || { cat work/log >&2; exit 1; }
}

# issue NAME KIND SUBJECT ISSUER [OPTION...] with the extensions on standard input. ISSUER "-" signs
# itself. The key is that of $KEY when set; $START and $END are dates.
issue() {
  local name=$1 kind=$2 subject=$3 issuer=$4
  shift 4
  local owner=${KEY:-$name}
  key "$owner" "$kind"
  cat > "work/$name.ext"
  local signer=(-selfsign -keyfile "work/$owner.key")
  [ "$issuer" = - ] || signer=(-cert "$issuer.pem" -keyfile "work/${ISSUER_KEY:-$issuer}.key")
  local extensions=()
  [ -s "work/$name.ext" ] && extensions=(-extfile "work/$name.ext")
  {
    openssl req -new -config work/ca.cnf -utf8 -key "work/$owner.key" -subj "$subject" -out "work/$name.csr"
    openssl ca -batch -notext -preserveDN -utf8 -config work/ca.cnf "${signer[@]}" -in "work/$name.csr" \
      -out "$name.pem" -startdate "${START:-20260101000000Z}" -enddate "${END:-20270101000000Z}" \
      "${extensions[@]}" "$@"
  } > work/log 2>&1 || { echo "make_chains: $name:" >&2; cat work/log >&2; exit 1; }
  openssl x509 -in "$name.pem" -noout -text -subject -issuer -serial -startdate -enddate \
    -fingerprint -sha256 -nameopt RFC2253,-esc_msb,utf8 -dateopt iso_8601 > "$name.txt"
}

# ca NAME KIND SUBJECT ISSUER [LINE...]: a CA with these extension lines more.
ca() {
  local name=$1 kind=$2 subject=$3 issuer=$4
  shift 4
  { echo "basicConstraints = critical,CA:TRUE${PATHLEN:+,pathlen:$PATHLEN}"
    [[ "$*" == *keyUsage* ]] || echo "keyUsage = critical,keyCertSign,cRLSign"
    echo "subjectKeyIdentifier = hash"
    [ "$issuer" = - ] || echo "authorityKeyIdentifier = keyid"
    [ $# = 0 ] || printf '%s\n' "$@"; } | issue "$name" "$kind" "$subject" "$issuer"
}

# leaf NAME KIND ISSUER [LINE...]: for www.example.test, unless a line says another subjectAltName.
leaf() {
  local name=$1 kind=$2 issuer=$3
  shift 3
  { echo "subjectKeyIdentifier = hash"
    echo "authorityKeyIdentifier = keyid"
    [[ "$*" == *extendedKeyUsage* ]] || echo "extendedKeyUsage = serverAuth"
    [[ "$*" == *subjectAltName* ]] || echo "subjectAltName = DNS:www.example.test"
    [ $# = 0 ] || printf '%s\n' "$@"; } |
    issue "$name" "$kind" "${SUBJECT:-/O=Example/CN=www.example.test}" "$issuer" ${OPTIONS:-}
}

ca root P-256 "/O=Tests/CN=Test Root" -
PATHLEN=0 ca intermediate P-256 "/O=Tests/CN=Test Intermediate" root

# One leaf of each kind of key.
leaf rsa2048 rsa2048 intermediate
leaf p256 P-256 intermediate
leaf p384 P-384 intermediate
leaf p521 P-521 intermediate
leaf ed25519 ed25519 intermediate
leaf ed448 ed448 intermediate
leaf pss_key pss2048 intermediate
leaf rsa1024 rsa1024 intermediate

# One leaf signed in each way.
ca root_rsa rsa2048 "/CN=RSA Root" -
for hash in sha1 sha256 sha384 sha512; do
  OPTIONS="-md $hash" leaf "by_rsa_$hash" P-256 root_rsa
  OPTIONS="-md $hash -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1" \
    leaf "by_rsa_pss_$hash" P-256 root_rsa
done
for kind in P-384 P-521 ed25519 ed448; do
  ca "root_$kind" "$kind" "/CN=$kind Root" -
  leaf "by_$kind" P-256 "root_$kind"
done
OPTIONS="-md sha1" leaf by_p256_sha1 P-256 root
ca root_brainpool brainpoolP256r1 "/CN=Brainpool Root" -
leaf by_brainpool P-256 root_brainpool

# Chains that must fail, and their near misses.
ca other_root P-256 "/CN=Other Root" -
ca other_intermediate P-256 "/CN=Other Intermediate" other_root
leaf other_leaf P-256 other_intermediate
leaf other_direct P-256 other_root
leaf clients_only P-256 intermediate "extendedKeyUsage = clientAuth"
leaf any_purpose P-256 intermediate "extendedKeyUsage = anyExtendedKeyUsage,serverAuth"
leaf crl_only P-256 intermediate "keyUsage = critical,cRLSign"
leaf critical_unknown P-256 intermediate "1.2.3.4 = critical,ASN1:UTF8String:x"
leaf uncritical_unknown P-256 intermediate "1.2.3.4 = ASN1:UTF8String:x"
leaf below_leaf P-256 p256
ca below_pathlen_ca P-256 "/CN=One Too Many" intermediate
leaf below_pathlen P-256 below_pathlen_ca
ca cannot_sign P-256 "/CN=Cannot Sign" root "keyUsage = critical,cRLSign"
leaf below_cannot_sign P-256 cannot_sign
ca clients_ca P-256 "/CN=Clients CA" root "extendedKeyUsage = clientAuth"
leaf below_clients_ca P-256 clients_ca
issue self_signed P-256 "/CN=self.example.test" - \
  <<< "subjectAltName = DNS:self.example.test"
issue root_v1 P-256 "/CN=Version 1 Root" - < /dev/null
issue below_v1 P-256 "/CN=www.example.test" root_v1 <<< "subjectAltName = DNS:www.example.test"

# Name constraints.
ca names_ca P-256 "/O=Tests/CN=Names CA" root \
  "nameConstraints = critical,permitted;DNS:example.test,permitted;IP:10.0.0.0/255.0.0.0,excluded;DNS:bad.example.test"
leaf names_ok P-256 names_ca "subjectAltName = DNS:example.test,DNS:www.example.test,IP:10.1.2.3"
leaf names_uri P-256 names_ca "subjectAltName = DNS:www.example.test,URI:https://elsewhere.test/"
leaf names_outside P-256 names_ca "subjectAltName = DNS:www.example.test,DNS:notexample.test"
leaf names_ip_outside P-256 names_ca "subjectAltName = DNS:www.example.test,IP:11.1.2.3"
leaf names_excluded P-256 names_ca "subjectAltName = DNS:www.example.test,DNS:x.BAD.example.test"
leaf names_wildcard P-256 names_ca "subjectAltName = DNS:*.example.test"
ca directory_ca P-256 "/CN=Directory CA" root "nameConstraints = critical,permitted;dirName:allowed" \
  "[allowed]" "O = Example"
leaf directory_ok P-256 directory_ca
SUBJECT="/O=Another/CN=www.example.test" leaf directory_outside P-256 directory_ca

# One CA certified by two roots, for different times; a root whose name another key carries too.
KEY=cross ca cross_by_root P-256 "/CN=Cross CA" root
END=20280101000000Z ca long_root P-256 "/CN=Long Root" -
END=20280101000000Z KEY=cross ca cross_by_long P-256 "/CN=Cross CA" long_root
END=20280101000000Z ISSUER_KEY=cross leaf crossed P-256 cross_by_long
START=20250101000000Z END=20260201000000Z KEY=intermediate ca intermediate_old P-256 \
  "/O=Tests/CN=Test Intermediate" root
KEY=root_twin ca root_twin P-256 "/O=Tests/CN=Test Root" -

# Names.
leaf wildcard P-256 intermediate "subjectAltName = DNS:*.example.test"
leaf addresses P-256 intermediate "subjectAltName = IP:127.0.0.1,IP:::1,IP:2001:db8::a,DNS:addresses.test"
leaf many_kinds P-256 intermediate \
  "subjectAltName = DNS:a.test,email:ops@example.test,URI:https://example.test/x,RID:1.2.3.4,dirName:dn,otherName:1.2.3.5;UTF8:x" \
  "[dn]" "CN = in a name"
# DNS:www.example.test<NUL>.evil.test
leaf embedded_nul P-256 intermediate \
  "subjectAltName = DER:301D821B7777772E6578616D706C652E74657374002E6576696C2E74657374"
SUBJECT='/C=DE/O= Bücher, Söhne \+ "Co"; <AG> /OU=#1/CN=müller\\=世界.test' leaf escapes P-256 intermediate
SUBJECT="/DC=test/DC=example/O=Multi+OU=Valued/UID=u1+CN=multi.test/emailAddress=a@example.test" \
  leaf multi P-256 intermediate
issue no_san P-256 "/CN=www.example.test" intermediate <<< "extendedKeyUsage = serverAuth"

# Larger than a TLS record.
leaf many_names P-256 intermediate \
  "subjectAltName = DNS:www.example.test$(printf ',DNS:host%04d.example.test' $(seq 800))"

leaf elsewhere P-256 intermediate "subjectAltName = DNS:elsewhere.test"

# Chains that break one rule for issuers each (ssl/conformance.h), and one that breaks none.
# odd NAME KIND [LINE...]: a leaf with these extension lines alone.
odd() {
  local name=$1 kind=$2
  shift 2
  printf '%s\n' "$@" | issue "$name" "$kind" "${SUBJECT:-/O=Example/CN=www.example.test}" "${ISSUER:-intermediate}"
}
ski="subjectKeyIdentifier = hash"
aki="authorityKeyIdentifier = keyid"
eku="extendedKeyUsage = serverAuth"
san="subjectAltName = DNS:www.example.test"
usage="keyUsage = critical,digitalSignature"
odd conforming P-256 "$ski" "$aki" "$eku" "$san" "$usage"
odd odd_no_aki P-256 "$ski" "authorityKeyIdentifier = none" "$eku" "$san"
odd odd_aki_serial P-256 "$ski" "authorityKeyIdentifier = keyid,issuer:always" "$eku" "$san"
odd odd_aki_other P-256 "$ski" "2.5.29.35 = DER:3006800401020304" "$eku" "$san"
odd odd_aki_critical P-256 "$ski" "authorityKeyIdentifier = critical,keyid" "$eku" "$san"
odd odd_ski_critical P-256 "subjectKeyIdentifier = critical,hash" "$aki" "$eku" "$san"
odd odd_crl_sign P-256 "$ski" "$aki" "$eku" "$san" "keyUsage = critical,digitalSignature,cRLSign"
odd odd_usage P-256 "$ski" "$aki" "$eku" "$san" "keyUsage = critical,digitalSignature,keyEncipherment"
odd odd_san_critical P-256 "$ski" "$aki" "$eku" "subjectAltName = critical,DNS:www.example.test"
odd odd_underscore P-256 "$ski" "$aki" "$eku" "subjectAltName = DNS:www.example.test,DNS:a_b.example.test"
SUBJECT="/CN=elsewhere.test" odd odd_common_name P-256 "$ski" "$aki" "$eku" "$san"
odd odd_ca P-256 "$ski" "$aki" "$eku" "$san" "basicConstraints = critical,CA:TRUE"
odd odd_no_eku P-256 "$ski" "$aki" "$san"
odd odd_eku_critical P-256 "$ski" "$aki" "extendedKeyUsage = critical,serverAuth" "$san"
odd odd_aia P-256 "$ski" "$aki" "$eku" "$san" "1.3.6.1.5.5.7.1.1 = DER:6D616C"
odd good_aia P-256 "$ski" "$aki" "$eku" "$san" "authorityInfoAccess = caIssuers;URI:http://example.test/ca"
odd critical_aia P-256 "$ski" "$aki" "$eku" "$san" \
  "authorityInfoAccess = critical,caIssuers;URI:http://example.test/ca"
odd odd_cdp P-256 "$ski" "$aki" "$eku" "$san" "crlDistributionPoints = DNS:example.test"
odd good_cdp P-256 "$ski" "$aki" "$eku" "$san" "crlDistributionPoints = URI:http://example.test/crl"
odd odd_curve P-224 "$ski" "$aki" "$eku" "$san"
odd odd_rsa rsa2052 "$ski" "$aki" "$eku" "$san"

# odd_ca_of NAME [LINE...]: a CA with these lines beside the usual ones, and below_NAME below it.
odd_ca_of() {
  local name=$1
  shift
  printf '%s\n' "$@" | issue "$name" P-256 "/CN=$name" root
  ISSUER=$name odd "below_$name" P-256 "$ski" "${BELOW_AKI:-$aki}" "$eku" "$san"
}
bc="basicConstraints = critical,CA:TRUE"
signs="keyUsage = critical,keyCertSign,cRLSign"
BELOW_AKI="2.5.29.35 = DER:3006800401020304" odd_ca_of odd_ca_ski "$bc" "$signs" "subjectKeyIdentifier = none" "$aki"
odd_ca_of odd_ca_usage "$bc" "$ski" "$aki"
odd_ca_of odd_ca_bc "basicConstraints = CA:TRUE" "$signs" "$ski" "$aki"
odd_ca_of odd_ca_dot "$bc" "$signs" "$ski" "$aki" "nameConstraints = critical,permitted;DNS:.example.test"
odd_ca_of odd_ca_policy "$bc" "$signs" "$ski" "$aki" "policyConstraints = requireExplicitPolicy:3"
odd_ca_of odd_ca_any_policy "$bc" "$signs" "$ski" "$aki" "inhibitAnyPolicy = 2"
odd_ca_of odd_ca_star "$bc" "$signs" "$ski" "$aki" "nameConstraints = critical,excluded;DNS:*.elsewhere.test"
odd_ca_of explicit_ca "$bc" "$signs" "$ski" "$aki" "policyConstraints = critical,requireExplicitPolicy:0" \
  "certificatePolicies = 1.2.3.4"
policies="certificatePolicies"
ISSUER=explicit_ca odd policy_same P-256 "$ski" "$aki" "$eku" "$san" "$policies = 1.2.3.4"
ISSUER=explicit_ca odd policy_other P-256 "$ski" "$aki" "$eku" "$san" "$policies = 1.2.3.5"
ISSUER=explicit_ca odd policy_any P-256 "$ski" "$aki" "$eku" "$san" "$policies = 2.5.29.32.0"
ca odd_root P-256 "/CN=Odd Root" - "extendedKeyUsage = serverAuth"
ISSUER=odd_root odd below_odd_root P-256 "$ski" "$aki" "$eku" "$san"

# crl NAME ISSUER [LINE...]: a revocation list with these extension lines, valid for the year 2026 unless
# $START and $END say otherwise. Each of $REVOKED is SERIAL,REASON.
crl() {
  local name=$1 issuer=$2
  shift 2
  : > work/index
  local entry
  for entry in ${REVOKED:-}; do
    printf 'R\t270101000000Z\t260601000000Z,%s\t%s\tunknown\t/CN=x\n' "${entry#*,}" "${entry%,*}" >> work/index
  done
  { cat work/ca.cnf; printf '%s\n' "[crl_lines]" "$@"; } > work/crl.cnf
  openssl ca -gencrl -config work/crl.cnf -cert "$issuer.pem" -keyfile "work/${ISSUER_KEY:-$issuer}.key" \
    -crlexts crl_lines -crl_lastupdate "${START:-20260101000000Z}" -crl_nextupdate "${END:-20270101000000Z}" \
    -md "${MD:-default}" -out "$name.crl" > work/log 2>&1 || { echo "make_chains: $name:" >&2; cat work/log >&2; exit 1; }
}
serial_of() { openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2; }
number="2.5.29.20 = DER:020105"
p256=$(serial_of p256)
REVOKED="1234,superseded" crl crl_good intermediate "$aki" "$number"
REVOKED="1234,superseded $p256,keyCompromise" crl crl_revokes intermediate "$aki" "$number"
REVOKED="$(serial_of intermediate),cACompromise" crl crl_revokes_ca root "$aki" "$number"
REVOKED="$(serial_of cross_by_root),cACompromise" crl crl_revokes_cross root "$aki" "$number"
REVOKED="$p256,removeFromCRL" crl crl_taken_back intermediate "$aki" "$number"
START=20250101000000Z END=20250201000000Z crl crl_old intermediate "$aki" "$number"
REVOKED="$p256,keyCompromise" START=20250101000000Z END=20250201000000Z crl crl_old_revokes intermediate "$aki" "$number"
START=20261101000000Z crl crl_early intermediate "$aki" "$number"
REVOKED="$(serial_of intermediate),keyCompromise" crl crl_twin root_twin "$aki" "$number"
REVOKED="$p256,keyCompromise" crl crl_elsewhere other_intermediate "$aki" "$number"
crl crl_no_number intermediate "$aki"
crl crl_critical_number intermediate "$aki" "2.5.29.20 = critical,DER:020105"
crl crl_no_aki intermediate "$number"
REVOKED="$p256,keyCompromise" crl crl_unknown intermediate "$aki" "$number" "1.2.3.4 = critical,ASN1:UTF8String:x"
crl crl_uncritical intermediate "$aki" "$number" "1.2.3.4 = ASN1:UTF8String:x"
REVOKED="1234,superseded 1235,superseded" crl crl_two intermediate "$aki" "$number"
MD=sha1 crl crl_weak intermediate "$aki" "$number"
REVOKED="$p256,keyCompromise" crl crl_indirect intermediate "$aki" "$number" "2.5.29.28 = critical,DER:30038401FF"
crl crl_users intermediate "$aki" "$number" "2.5.29.28 = critical,DER:30038101FF"
crl crl_cas intermediate "$aki" "$number" "2.5.29.28 = critical,DER:30038201FF"
crl crl_users_of_root root "$aki" "$number" "2.5.29.28 = critical,DER:30038101FF"
crl crl_attributes intermediate "$aki" "$number" "2.5.29.28 = critical,DER:30038501FF"
crl crl_reasons intermediate "$aki" "$number" "2.5.29.28 = critical,DER:300483020640"
crl crl_point intermediate "$aki" "$number" "issuingDistributionPoint = critical,@here" \
  "[here]" "fullname = URI:http://example.test/crl"
ca no_crl_sign P-256 "/CN=No CRL Sign" root "keyUsage = critical,keyCertSign"
leaf below_no_crl_sign P-256 no_crl_sign
crl crl_no_sign no_crl_sign "$aki" "$number"

# staple NAME SIGNER KEY INDEX CERTIFICATE [OPTION...]: an OCSP response about it in NAME.ocsp, from
# now on; by the intermediate's word, whoever signs it.
staple() {
  local name=$1 signer=$2 signer_key=$3 index=$4 about=$5
  shift 5
  openssl ocsp -index "$index" -CA intermediate.pem -issuer intermediate.pem -cert "$about.pem" \
    -rsigner "$signer.pem" -rkey "work/$signer_key.key" -respout "$name.ocsp" -noverify \
    "$@" > work/log 2>&1 || { echo "make_chains: $name:" >&2; cat work/log >&2; exit 1; }
}

serial_of() { openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2; }
: > work/index_empty
for name in p256 p384; do
  printf 'V\t270101000000Z\t\t%s\tunknown\t/CN=%s\n' "$(serial_of "$name")" "$name"
done > work/index_valid
printf 'R\t270101000000Z\t260601000000Z,keyCompromise\t%s\tunknown\t/CN=p256\n' "$(serial_of p256)" \
  > work/index_revoked
START=20200101000000Z END=20990101000000Z SUBJECT="/CN=Responder" \
  leaf ocsp_responder P-256 intermediate "extendedKeyUsage = OCSPSigning"
START=20200101000000Z END=20990101000000Z SUBJECT="/CN=Not a responder" \
  leaf ocsp_no_purpose P-256 intermediate
staple staple_good intermediate intermediate work/index_valid p256 -ndays 20000
staple staple_key_id intermediate intermediate work/index_valid p256 -ndays 20000 -resp_key_id
staple staple_short intermediate intermediate work/index_valid p256 -ndays 1
staple staple_revoked intermediate intermediate work/index_revoked p256 -ndays 20000
staple staple_unknown intermediate intermediate work/index_empty p256 -ndays 20000
staple staple_other intermediate intermediate work/index_valid p384 -ndays 20000
staple staple_delegated ocsp_responder ocsp_responder work/index_valid p256 -ndays 20000
staple staple_no_purpose ocsp_no_purpose ocsp_no_purpose work/index_valid p256 -ndays 20000

# The keys of those that servers and clients present in handshakes, and one that is none of them.
for name in rsa2048 p256 p384 p521 ed25519 ed448 self_signed clients_only elsewhere many_names root_rsa; do
  cp "work/$name.key" "$name.key"
done
rm -r work
