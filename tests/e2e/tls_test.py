#!/usr/bin/env python3
"""TLS at the real port: versions, garbage, and certificates read again on SIGHUP."""
import os
import signal
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from town import until
from wirehttp import Peer, request

tap = Tap()


def make_certificate(folder, serial):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=vn.example.com", "-set_serial", str(serial), "-keyout", os.path.join(folder, "key.pem"), "-out",
                    os.path.join(folder, "cert.pem")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_tls():
    server = Server(config="tls: { certificate: cert.pem, key: key.pem }\n")
    make_certificate(server.folder, 1001)

    def context(**settings):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        for name, value in settings.items():
            setattr(made, name, value)
        return made

    def serial(**settings):
        with Peer(server, context(**settings).wrap_socket) as peer:
            peer.send(request("GET", "/livez"))
            assert peer.reply().status == 200
            return int(subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-serial"],
                                      input=peer.socket.getpeercert(binary_form=True), stdout=subprocess.PIPE,
                                      check=True).stdout.decode().strip().split("=")[1], 16)

    with server:
        tap.ok("with a certificate it answers at https", server.url.startswith("https://"), server.url)
        tap.same("TLS 1.3 is spoken", serial(minimum_version=ssl.TLSVersion.TLSv1_3), 1001)
        tap.same("TLS 1.2 is spoken", serial(maximum_version=ssl.TLSVersion.TLSv1_2), 1001)
        with Peer(server) as peer:
            peer.send(request("GET", "/livez"))
            while peer.more():
                pass
            tap.ok("plain HTTP is not", b"HTTP/1." not in peer.buffer, peer.buffer)
        for noise in (b"\x16\x03\x01\x00\x05hello" + os.urandom(500), b"\x16\x03\x01\xff\xff" + b"\0" * 70000, b"\x80\x2e\x01\x00\x02"):
            with Peer(server) as peer:
                peer.send(noise)
                while peer.more():
                    pass
        tap.same("garbage for a handshake harms nobody", serial(), 1001)
        with Peer(server, context().wrap_socket) as peer:
            peer.send(request("GET", "/livez") * 50)
            tap.same("requests may be pipelined", [peer.reply().status for _ in range(50)], [200] * 50)
            make_certificate(server.folder, 2002)
            server.process.send_signal(signal.SIGHUP)
            tap.same("SIGHUP: the new certificate is shown", until(serial, lambda got: got == 2002), 2002)
            peer.send(request("GET", "/livez"))
            tap.same("connections that were there go on", peer.reply().status, 200)
        with open(os.path.join(server.folder, "cert.pem"), "w") as file:
            file.write("nonsense")
        server.process.send_signal(signal.SIGHUP)
        until(server.stderr, lambda text: "not read again" in text)
        tap.ok("a broken one is told of", "not read again" in server.stderr(), server.stderr())
        tap.same("and the old one stays", serial(), 2002)
        tap.ok("it ends in good order", server.stop() == 0)


test_tls()
tap.done()
