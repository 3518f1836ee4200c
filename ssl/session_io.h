// The library's callbacks into a Session; for the files of ssl/ alone.
#pragma once

struct WOLFSSL;
struct WOLFSSL_X509_STORE_CTX;

namespace tracer::ssl::session_io {

int on_receive(WOLFSSL* native, char* buffer, int size, void* session);
int on_send(WOLFSSL* native, char* bytes, int size, void* session);
int on_peer_chain(int verified, WOLFSSL_X509_STORE_CTX* store);
int on_staple(void* session, const char* url, int url_size, unsigned char* staple, int size,
              unsigned char** answer);

}  // namespace tracer::ssl::session_io
