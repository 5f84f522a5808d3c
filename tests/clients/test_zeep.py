"""zeep, a SOAP client, against the service behind the gateway."""

import json
import time
import unittest
from decimal import Decimal

import requests
import zeep
from zeep.transports import Transport

import settings
import tokens

def transport(token=None):
    session = requests.Session()
    # No proxy of the environment between this machine and itself.
    session.trust_env = False
    if token is not None:
        session.headers["Authorization"] = f"Bearer {token}"
    return Transport(
        session=session, timeout=settings.TIMEOUT_SECONDS, operation_timeout=settings.TIMEOUT_SECONDS
    )


class Service(unittest.TestCase):
    """One description of the service, read through the gateway, for all calls."""

    @classmethod
    def setUpClass(cls):
        cls.client = zeep.Client(settings.WSDL, transport=transport(tokens.token()))

    def calling_as(self, token):
        """The service with another token for its calls."""
        self.client.transport.session.headers["Authorization"] = f"Bearer {token}"
        return self.client.service

    def assert_refused(self, token):
        with self.assertRaises(zeep.exceptions.TransportError) as caught:
            self.calling_as(token).NumberToWords(500)
        self.assertEqual(caught.exception.status_code, 401)
        self.assertEqual(json.loads(caught.exception.content), settings.REFUSAL)

    def test_both_operations_answer_a_client_with_the_role(self):
        service = self.calling_as(tokens.token())
        self.assertEqual(service.NumberToWords(500).strip(), "five hundred")
        self.assertEqual(
            service.NumberToDollars(Decimal("1234.05")).strip(),
            "one thousand two hundred and thirty four dollars and five cents",
        )

    def test_soap_1_2_passes_as_well(self):
        self.calling_as(tokens.token())
        soap12 = self.client.bind("NumberConversion", "NumberConversionSoap12")
        self.assertEqual(soap12.NumberToWords(18446744073709551615)[:8], "eighteen")

    def test_a_fault_of_the_service_arrives_as_a_fault(self):
        service = self.calling_as(tokens.token())
        with self.assertRaises(zeep.exceptions.Fault):
            service.NumberToWords(-1)

    def test_a_client_without_the_role_is_refused(self):
        self.assert_refused(tokens.token(settings.WITHOUT_ROLE))

    def test_an_altered_token_is_refused(self):
        self.assert_refused(tokens.altered(tokens.token()))

    def test_the_description_is_behind_the_gateway_too(self):
        with self.assertRaises(requests.exceptions.HTTPError) as caught:
            zeep.Client(settings.WSDL, transport=transport())
        self.assertEqual(caught.exception.response.status_code, 401)
        self.assertEqual(caught.exception.response.json(), settings.REFUSAL)

    def test_the_first_call_with_a_new_key_passes(self):
        # The gateway may have fetched keys just now, and asks for an unknown one once in this time.
        time.sleep(2 * settings.MIN_REFETCH_INTERVAL_SECONDS)
        old = tokens.token()
        answer = requests.post(
            f"{settings.EMULATOR}/emulator/rotate",
            json={"keep_old": False},
            verify=settings.CA_FILE,
            timeout=settings.TIMEOUT_SECONDS,
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        new = tokens.token()
        self.assertNotEqual(old.split(".")[0], new.split(".")[0], "the key id should differ")
        self.assertEqual(self.calling_as(new).NumberToWords(1).strip(), "one")
        # A key that was published stays good for a day: Entra's own key sets lack keys at times.
        self.assertEqual(self.calling_as(old).NumberToWords(1).strip(), "one")
