"""A new customer account at Xpert Suite: what the portal's administrator does (docs/reference/xpert-suite.md)."""

from veerpont.model.flows import Flow
from veerpont.systems.onboarding import NewCustomer
from veerpont.systems.xpert_suite.portal import FOLDERS

HOST = "ksftp.xpertsuite.nl"
_CONFIGURATIONS = {
    Flow.EMPLOYERS: "Standaard Werkgever",
    Flow.ORGANIGRAM: "Standaard Afdelingen Import",
    Flow.EMPLOYEES: "Conversie Volledige Medewerker Import op personeelsnummer",
    Flow.ACCOUNTS: "de volledige import van gebruikers",
    Flow.ABSENCE: "Conversie Volledige Verzuimhistorie op personeelsnummer",
}


def settings(new: NewCustomer) -> str:
    """Return the section `xpert_suite`, with what the templates and the administrator tell."""
    taken = [flow for flow in new.flows if flow in _CONFIGURATIONS]
    folders = ", ".join(f"{flow}: {FOLDERS[flow]}" for flow in taken)
    columns = "".join(f"\n  #   {flow}: {{}}" for flow in taken if flow is not Flow.ABSENCE)
    group = "\n  # user_group: Leidinggevenden   # whoever is in it and not in our file is deactivated: ask who is"
    return f"""
xpert_suite:
  profile: production
  key: personnel_number        # or bsn, when the import configurations say so
  folders: {{{folders}}}
  # `veerpont template learn TEMPLATE.xlsx` proposes the columns of each template:
  # columns:{columns}{group if Flow.ACCOUNTS in new.flows else ""}
"""


def connection(new: NewCustomer) -> str:
    """Return the connection with a key pair, the password that the portal asks besides, and the pinned host key."""
    extra = '"extra": {"private_key": "-----BEGIN OPENSSH PRIVATE KEY-----...", "host_key": "ssh-ed25519 AAAA..."}'
    name = new.connection.upper()
    login = f'"host": "{HOST}", "port": 22, "login": "LOGIN", "password": "PASSWORD"'
    return f"""# Xpert Suite: the full login name, the password by mail or SMS, our private key, the server's host key.
# Lines of the key are joined by \\n. A Key.ppk becomes one by: puttygen Key.ppk -O private-openssh -o key
export AIRFLOW_CONN_{name}='{{"conn_type": "sftp", {login}, {extra}}}'
"""


def letter(new: NewCustomer) -> str:
    """Return the letter to the portal's administrator."""
    flows = [flow for flow in new.flows if flow in _CONFIGURATIONS]
    wanted = "\n".join(f"   - map *{FOLDERS[flow]}*: {_CONFIGURATIONS[flow]}" for flow in flows)
    absence = """
8. **Verzuim.** Laat ons weten: waar *Traject verwijder actie* op staat (liefst *Log* tot alles klopt), de
   *Aanleveringperiode in maanden* en de *Aanleveringsdatum vanaf*; en de lijst van verzuimoorzaakcodes, per werkgever
   aan wie ze gekoppeld zijn.
"""
    return f"""# Xpert Suite instellen voor de koppeling van {new.customer}

Voor de functioneel beheerder van het portaal.

1. Ga naar *Beheer / Koppelvlakken / SFTP Account beheer* en voeg een koppeling toe, type **SFTP**, met een eigen
   inlognaam voor deze klant. Geef de autorisatie op de werkgevers die meedoen, en vul bij elke werkgever de
   **werkgevercode** in.
2. Kies *Key genereren* en laat het wachtwoord per e-mail of sms komen. Download **key.ppk**. Of neem de publieke
   sleutel die wij u sturen.
3. Maak op het tabblad *Configuraties* een configuratie voor elke gegevensstroom:
{wanted}
4. Download bij elke configuratie de **standaard** (.xlsx). Alleen die zegt welke kolommen tellen.
5. Stuur ons, **beveiligd en gescheiden van elkaar**: de volledige inlognaam (tabblad koppeling), key.ppk, het
   wachtwoord, de mappen, de standaarden, en langs een andere weg de **host key** van {HOST}.
6. Zet bij elke import het niveau van het te mailen logverslag op *Alle Meldingen incl. Metadata*, en laat ons weten
   waar wij de verslagen kunnen halen.
7. Laat ons weten of de **datakluis** voor een werkgever is goedgekeurd: dan kunnen uw beheerders de logverslagen niet
   zien en moet iemand van die werkgever ze brengen.
{absence if Flow.ABSENCE in flows else ""}
De eerste levering van elke gegevensstroom houden wij vast tot u en wij samen gekeken hebben wat zij verandert.
"""
