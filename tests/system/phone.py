"""A telephone (baresip) and PBXs (Kamailio) for tests between hosts of a lab."""
import os
import socket
import uuid

KAMAILIO = """#!KAMAILIO
children=1
tcp_children=1
auto_aliases=no
log_stderror=yes
debug=0
{listen}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
{more}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", {expires})
modparam("registrar", "min_expires", {expires})
modparam("registrar", "default_expires", {expires})
request_route {{
	if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
	if (is_method("REGISTER")) {{ save("location"); exit; }}
	if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
	if (has_totag()) {{ loose_route(); t_relay(); exit; }}
	if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
	record_route();
	if (!lookup("location")) {{ sl_send_reply("480", "Temporarily Unavailable"); exit; }}
	t_relay();
}}
"""

BARESIP = """poll_method epoll
sip_listen {address}:5060
sip_trans_def {transport}
call_local_timeout 120
call_max_calls 4
audio_player aufile
audio_source aufile,
audio_alert aufile
net_interface eth0
{servers}
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
"""


def kamailio(host, listens=("udp", "tcp"), expires=60, tls=None):
    """Starts a PBX on a host's port 5060 (TLS 5061); it takes registrations and calls whom it knows."""
    test = host.lab.test
    folder = os.path.join(test.scratch, host.name + ".kamailio")
    os.makedirs(folder, exist_ok=True)
    lines = [f"listen={t}:{host.address}:5060" for t in listens]
    more = ""
    if tls:
        lines.append(f"listen=tls:{host.address}:5061")
        lines.append("enable_tls=yes")
        more = ('loadmodule "tls.so"\nmodparam("tls", "certificate", "%s")\nmodparam("tls", "private_key", "%s")' % tls)
    path = test.write(f"{host.name}.kamailio/kamailio.cfg",
                      KAMAILIO.format(listen="\n".join(lines), expires=expires, more=more))
    return host.spawn(["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder, "-P", folder + "/pid",
                       "-w", folder, "-f", path])


def baresip(host, account, servers, transport="udp"):
    """Starts a telephone that knows one account and, in this order, its DNS servers."""
    folder = os.path.join(host.lab.test.scratch, host.name + ".baresip")
    host.lab.test.write(f"{host.name}.baresip/config", BARESIP.format(
        address=host.address, transport=transport, servers="\n".join(f"dns_server {s}:53" for s in servers)))
    host.lab.test.write(f"{host.name}.baresip/accounts", account + "\n")
    host.lab.test.write(f"{host.name}.baresip/contacts", "")
    return host.spawn(["baresip", "-4", "-f", folder], env={**os.environ, "HOME": folder})


def ring(caller, pbx_address, user, seconds=0.5):
    """Calls a user through a pbx; True when the telephone rings or answers, and hangs up again."""
    with caller.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        s.bind((caller.address, 0))
        s.settimeout(seconds)
        here = f"{caller.address}:{s.getsockname()[1]}"
        call = uuid.uuid4().hex
        sdp = (f"v=0\r\no=- 1 1 IN IP4 {caller.address}\r\ns=-\r\nc=IN IP4 {caller.address}\r\nt=0 0\r\n"
               "m=audio 40000 RTP/AVP 0\r\n")

        def request(method, body=""):
            return (f"{method} sip:{user}@{pbx_address} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{call};rport\r\n"
                    f"Max-Forwards: 20\r\nFrom: <sip:caller@{here}>;tag={call[:8]}\r\nTo: <sip:{user}@{pbx_address}>\r\n"
                    f"Call-ID: {call}\r\nCSeq: 1 {method}\r\nContact: <sip:caller@{here}>\r\n"
                    + ("Content-Type: application/sdp\r\n" if body else "")
                    + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

        try:
            s.sendto(request("INVITE", sdp), (pbx_address, 5060))
            while True:
                line = s.recv(4096).split(b"\r\n", 1)[0]
                status = int(line.split()[1])
                if status in (180, 183, 200):
                    s.sendto(request("CANCEL"), (pbx_address, 5060))
                    return True
                if status >= 300:
                    return False
        except (OSError, ValueError, IndexError):
            return False
