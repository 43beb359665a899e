/* Reports the state of the service to systemd, or to whatever set NOTIFY_SOCKET:
 * sd_notify(3). */
#pragma once

/* "READY=1", "STOPPING=1", "STATUS=..."; does nothing if there is no NOTIFY_SOCKET. */
void notify(const char *state);
