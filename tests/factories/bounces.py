"""Delivery reports as mail servers write them (RFC 3464)."""

from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText


def delivery_report(to: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Return the bytes of a report to a return address."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"] = "MAILER-DAEMON@mail.example.org", to
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("This is the mail system. Your message could not be delivered."))
    about, recipient = Message(), Message()
    about["Reporting-MTA"] = "dns; mail.example.org"
    recipient["Final-Recipient"] = "rfc822; dsl@school.example.org"
    recipient["Action"] = action
    if status:
        recipient["Status"] = status
    block = Message()
    block["Content-Type"] = "message/delivery-status"
    block.set_payload([about, recipient])
    report.attach(block)
    original = EmailMessage()
    original["Subject"] = "A message is waiting for you"
    report.attach(MIMEText(original.as_string(), "rfc822-headers"))
    return report.as_bytes()
