#include "CMicrohttpd.h"

struct MHD_Daemon *iotpipe_http_start(int listening_socket, unsigned int maximum_connections,
                                      struct iotpipe_http_callbacks callbacks) {
    // ITC is what MHD_quiesce_daemon needs. No timeout of its own: it would count the time that a request is worked on.
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
        callbacks.request, callbacks.context, MHD_OPTION_LISTEN_SOCKET, listening_socket,
        MHD_OPTION_CONNECTION_LIMIT, maximum_connections, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks.uri, callbacks.context, MHD_OPTION_NOTIFY_COMPLETED,
        callbacks.completed, callbacks.context, MHD_OPTION_NOTIFY_CONNECTION, callbacks.connection, callbacks.context,
        MHD_OPTION_END);
}

int iotpipe_http_socket(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}
