/* Tells systemd, or who else set NOTIFY_SOCKET, how far the service is: sd_notify(3).
 */
#pragma once

/* "READY=1", "STOPPING=1", "STATUS=..."; nothing happens where nobody listens. */
void notify(const char *state);
