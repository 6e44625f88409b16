#!/usr/bin/env bash
# Makes a CA and what it signs: a certificate for Sluice, and one for an application. For trying things out alone: whoever
# has ca.key can make more of them.
set -euo pipefail
mkdir -p "$1" && cd "$1"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

key ca
openssl req -x509 -new -key ca.key -subj "/O=Example/CN=Example CA" -days 30 -out ca.pem \
    -addext "basicConstraints=critical,CA:true" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null

# signed NAME SUBJECT ALTERNATIVE-NAMES
signed() {
    key "$1"
    openssl req -new -key "$1.key" -subj "$2" 2>/dev/null |
        openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out "$1.pem" \
            -extfile <(echo "basicConstraints=CA:false"; echo "subjectAltName=$3") 2>/dev/null
}

signed server "/O=Example/CN=sluice" "DNS:localhost,IP:127.0.0.1"
signed checkout "/O=Example/OU=Payments/CN=checkout" "URI:spiffe://example/ns/payments/sa/checkout"
