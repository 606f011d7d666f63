"""A server with a password knows its one user, and may then serve other machines."""

import json

import pytest
from embedded_clients import Run

from sinks.embedded import Account

SERVE = """
import http.client
from sinks.embedded import Account

account = Account("zhongcao", "s3cret ü")
with EmbeddedServer(folder, host="{host}", account=account) as server:
"""

NATIVE = """
    for user, password in [("zhongcao", "s3cret ü"), ("zhongcao", ""), ("", ""), ("default", "s3cret ü")]:
        with Client("127.0.0.1", port=server.native_port, user=user, password=password) as client:
            try:
                print(client.execute("SELECT 1"))
            except Exception as error:
                print(error.code)
"""

HTTP = """
    import base64, json
    def status(path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status
    right = "Basic " + base64.b64encode("zhongcao:s3cret ü".encode()).decode()
    print(json.dumps([
        status("/ping", Host="clickhouse:8123"),
        status("/?query=SELECT+1", Host="clickhouse:8123", Authorization=right),
        status("/?query=SELECT+1", Host="clickhouse:8123"),
        status("/?query=SELECT+1", Host="clickhouse:8123", Authorization=right, Origin="http://shop.example"),
    ]))
"""


def test_only_its_user_with_the_password_gets_in(run_python: Run) -> None:
    printed = run_python(SERVE.format(host="127.0.0.1") + NATIVE).splitlines()
    assert printed == ["[(1,)]", "516", "516", "516"]


def test_other_machines_are_served_by_any_name_and_still_no_web_page(run_python: Run) -> None:
    assert json.loads(run_python(SERVE.format(host="0.0.0.0") + HTTP)) == [200, 200, 403, 403]


@pytest.mark.parametrize("account", [Account(), Account("zhongcao", "s3cret")])
def test_a_password_is_not_printed(account: Account) -> None:
    assert "s3cret" not in repr(account)
