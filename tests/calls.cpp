// Preloaded into a process, it writes down whom the process asks for and where it connects to; see test_calls.py.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace {

void note(const char *what, const char *whom) {
    const char *path = std::getenv("CALLS");
    if (!path) return;
    if (FILE *file = std::fopen(path, "a")) {
        std::fprintf(file, "%s %s\n", what, whom ? whom : "?");
        std::fclose(file);
    }
}

void note_address(const char *what, const sockaddr *address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in *>(address)->sin_addr, text, sizeof text);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6 *>(address)->sin6_addr, text, sizeof text);
    else
        return;
    note(what, text);
}

template <class F> F next(F, const char *name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

}  // namespace

extern "C" {

int getaddrinfo(const char *node, const char *service, const addrinfo *hints, addrinfo **found) {
    note("asks for", node);
    return next(&getaddrinfo, "getaddrinfo")(node, service, hints, found);
}

int connect(int socket, const sockaddr *address, socklen_t length) {
    note_address("connects to", address);
    return next(&connect, "connect")(socket, address, length);
}

ssize_t sendto(int socket, const void *bytes, size_t count, int flags, const sockaddr *address, socklen_t length) {
    note_address("sends to", address);
    return next(&sendto, "sendto")(socket, bytes, count, flags, address, length);
}
}
