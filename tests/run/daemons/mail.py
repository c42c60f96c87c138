"""Mail: what takes it, delivers it and shows it, each of many processes that change their users."""

import imaplib
import smtplib

import harness

from .place import daemon

# Both clean their children's environment.
KEPT = "LD_PRELOAD STALLWATCH_JSON STALLWATCH_LOG STALLWATCH_THRESHOLD_MS STALLWATCH_SAMPLES STALLWATCH_MAX_REPORTS"


def ask_imap(place):
    found = []
    for _ in range(5):
        client = imaplib.IMAP4("127.0.0.1", place.port, timeout=20)
        client.login("joe", "password")
        client.select()
        client.append("INBOX", None, None, b"Subject: hello\r\n\r\nhello\r\n")
        found.append(client.search(None, "ALL"))
        client.logout()
    return found


@daemon("dovecot", ask=ask_imap, root=True)
def dovecot(place):
    place.make_folder("mail", 0o777)
    return "dovecot", "-F", "-c", place.write("config", f"""
protocols = imap
base_dir = {place.make_folder("run")}
state_dir = {place.folder}/run
log_path = {place.folder}/log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:{place.folder}/mail/%u
import_environment = {KEPT}
first_valid_uid = 0
service imap-login {{
  inet_listener imap {{
    port = {place.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=password
}}
userdb {{
  driver = static
  args = uid=www-data gid=www-data home={place.folder}/mail/%u
}}
""")


def ask_smtp(place):
    for number in range(3):
        client = smtplib.SMTP("127.0.0.1", place.port, timeout=20)
        client.sendmail("joe@localhost.test", ["www-data@localhost.test"], f"Subject: {number}\r\n\r\nhello\r\n")
        client.quit()
    box = place.folder / "boxes/www-data/new"
    harness.until(lambda: box.exists() and len(list(box.iterdir())) == 3, 20, "the mail to be delivered")
    return "delivered"


def end_postfix(place, process):
    """What was started waits for the master, and does not end it."""
    place.run("postfix", "-c", place.folder / "etc", "stop", codes=(0, 1))
    process.wait()


@daemon("postfix", ask=ask_smtp, root=True, end=end_postfix)
def postfix(place):
    """Debian's own services, on this port and without chroot."""
    harness.need("postfix")
    services = []
    for line in open("/usr/share/postfix/master.cf.dist"):
        words = line.split()
        if len(words) < 8 or line[0] in "# \t":
            continue
        words[0] = f"127.0.0.1:{place.port}" if words[0] == "smtp" and words[1] == "inet" else words[0]
        words[4] = "n"
        services.append(" ".join(words))
    place.write("etc/master.cf", "\n".join(services) + "\n")
    place.write("etc/main.cf", f"""
compatibility_level = 3.6
queue_directory = {place.make_folder("queue")}
data_directory = {place.make_folder("data", user="postfix")}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost.test
mydestination = localhost.test
mynetworks = 127.0.0.0/8
mail_spool_directory = {place.make_folder("boxes", 0o777)}/
maillog_file = {place.folder}/log
maillog_file_prefixes = /
alias_maps =
local_recipient_maps =
mailbox_command =
import_environment = MAIL_CONFIG LANG=C {KEPT}
""")
    place.run("postfix", "-c", place.folder / "etc", "check", codes=(0, 1))
    return "postfix", "-c", place.folder / "etc", "start-fg"
