// Writes the target of every TCP connect() of a process, one "address port" a line, to the file that
// CONNECT_RECORD names. Preloaded into the clients, so that a test can show where they went.
//
// Host names that end in ".sluice.test" lead to 127.0.0.1: brokers that are told apart by name need names.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void record(int socket, const struct sockaddr *address) {
    const char *path = getenv("CONNECT_RECORD");
    int type = 0;
    socklen_t length = sizeof type;
    if (path == NULL || getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) return;

    char host[INET6_ADDRSTRLEN] = "";
    char line[INET6_ADDRSTRLEN + 16];
    unsigned port = 0;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *target = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &target->sin_addr, host, sizeof host);
        port = ntohs(target->sin_port);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *target = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &target->sin6_addr, host, sizeof host);
        port = ntohs(target->sin6_port);
    } else {
        return;
    }
    int size = snprintf(line, sizeof line, "%s %u\n", host, port);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, (size_t)size) != size) abort();
    close(file);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    int (*next)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    if (address != NULL) record(socket, address);
    return next(socket, address, length);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static const char suffix[] = ".sluice.test";
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = node == NULL ? 0 : strlen(node);
    if (length >= sizeof suffix - 1 && strcmp(node + length - (sizeof suffix - 1), suffix) == 0) node = "127.0.0.1";
    return next(node, service, hints, found);
}
