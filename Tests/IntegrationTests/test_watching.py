"""The watch on the clients' connections works: it is what "never reached a broker directly" rests on."""

import pytest
from harness.clients import Clients, DirectConnection
from harness.cluster import Cluster
from harness.sluice import Sluice

SCRIPTS = ["confluent", "kafka_python", "aio"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_client_that_goes_to_the_broker_directly_is_caught(
    script: str, cluster: Cluster, sluice: Sluice, clients: Clients, topic: str
) -> None:
    with pytest.raises(DirectConnection, match="past Sluice"):
        clients.run(
            script, "produce", sluice.client_ports, bootstrap=cluster.bootstrap_servers, topic=topic, count=1
        )


def test_kcat_that_goes_to_the_broker_directly_is_caught(cluster: Cluster, sluice: Sluice, clients: Clients) -> None:
    with pytest.raises(DirectConnection, match="past Sluice"):
        clients.kcat("-L", "-b", cluster.bootstrap_servers, allowed=sluice.client_ports)


def test_a_client_that_connects_to_nothing_is_caught(sluice: Sluice, clients: Clients) -> None:
    with pytest.raises(DirectConnection, match="was not watched"):
        clients.kcat("-V", allowed=sluice.client_ports)
