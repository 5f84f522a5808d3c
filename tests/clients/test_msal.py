"""MSAL, Microsoft's library for tokens, against the emulator by HTTPS."""

import unittest

import requests

import settings
import tokens


class ClientCredentials(unittest.TestCase):
    def test_a_client_gets_a_bearer_token_that_lasts_about_an_hour(self):
        answer = tokens.ask(settings.WITH_ROLE)
        self.assertEqual(answer.get("token_type"), "Bearer", answer)
        self.assertEqual(answer["access_token"].count("."), 2)
        self.assertGreaterEqual(answer["expires_in"], 3000)

    def test_a_wrong_secret_is_refused_as_entra_does(self):
        answer = tokens.ask((settings.WITH_ROLE[0], "guessed"))
        self.assertEqual(answer.get("error"), "invalid_client", answer)
        self.assertIn("AADSTS7000215", answer["error_description"])
        self.assertNotIn("access_token", answer)

    def test_an_unknown_client_is_refused_as_entra_does(self):
        answer = tokens.ask(("99999999-9999-9999-9999-999999999999", "any"))
        self.assertEqual(answer.get("error"), "unauthorized_client", answer)
        self.assertIn("AADSTS700016", answer["error_description"])

    def test_a_client_that_does_not_trust_the_emulators_ca_does_not_talk_to_it(self):
        with self.assertRaises(requests.exceptions.SSLError):
            tokens.ask(settings.WITH_ROLE, verify=True)
