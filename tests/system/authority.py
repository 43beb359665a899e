"""A certificate authority for tests."""
import subprocess


class Authority:
    def __init__(self, test, name):
        self.folder, self.name = test.scratch, name
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def sign(self, name, host="pbx.wildixin.com", days=9):
        """Makes NAME.pem and NAME.key for a host; days below 0: it has expired."""
        with open(f"{self.folder}/{name}.ext", "w", encoding="utf-8") as f:
            f.write(f"subjectAltName=DNS:{host}\n")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
                     "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem")
