#ifndef IOTPIPE_CMICROHTTPD_H
#define IOTPIPE_CMICROHTTPD_H

#include <microhttpd.h>

/// Called with the request line's URI, before anything else of the request is read; its result is the request's context.
typedef void *(*iotpipe_http_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);

/// What a server tells its owner; `context` comes back as the first argument of each.
struct iotpipe_http_callbacks {
    void *context;
    MHD_AccessHandlerCallback request;
    iotpipe_http_uri_callback uri;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
};

/// Starts a server with a thread per connection on a listening socket, which it then owns; NULL where it cannot start.
/// Here because `MHD_start_daemon` is variadic, which Swift cannot call.
struct MHD_Daemon *iotpipe_http_start(int listening_socket, unsigned int maximum_connections,
                                      struct iotpipe_http_callbacks callbacks);

/// The socket of a connection. Here because `MHD_get_connection_info` is variadic.
int iotpipe_http_socket(struct MHD_Connection *connection);

#endif
