"""Access tokens by way of MSAL."""

import msal

import settings


def ask(client, verify=settings.CA_FILE):
    """What MSAL answers: a token, or why there is none."""
    client_id, secret = client
    application = msal.ConfidentialClientApplication(
        client_id,
        client_credential=secret,
        authority=f"{settings.EMULATOR}/{settings.TENANT}",
        # Microsoft's own service would be asked whether the authority is one of its clouds.
        validate_authority=False,
        instance_discovery=False,
        verify=verify,
        timeout=settings.TIMEOUT_SECONDS,
    )
    return application.acquire_token_for_client(scopes=[settings.SCOPE])


def token(client=settings.WITH_ROLE):
    answer = ask(client)
    assert "access_token" in answer, answer
    return answer["access_token"]


def altered(token):
    """The token with another first character of its signature."""
    rest, _, signature = token.rpartition(".")
    return f"{rest}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"
