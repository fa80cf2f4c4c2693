"""A new customer with AFAS: what its administrator does in AFAS, in which order (docs/reference/afas.md)."""

from veerpont.model.flows import Flow
from veerpont.systems.afas.connectors import connector
from veerpont.systems.onboarding import NewCustomer

DOWNLOAD = "https://newdays.nl/getconnectoren/"
PAYROLL_DOWNLOAD = "https://www.cvbinkomen.nl/sites/default/files/domains/266/afas-connectoren.zip"


def settings(new: NewCustomer) -> str:
    """Return how departments are placed, and what only this customer can say about its absence in AFAS."""
    return (_TREE if Flow.ORGANIGRAM in new.flows else "") + (_ABSENCE if Flow.ABSENCE in new.flows else "")


_TREE = """
organigram:
  tree: derive                 # the departments in use; else shared, or map
"""
_ABSENCE = """
absence:
  history_months: 24           # the portal's window: its 'Aanleveringperiode in maanden'
  # The days of the filter on the date of change inside the customer's connector; null when it has none.
  # connector_window: null
  # What the date of recovery in AFAS means: first_day_back or last_absent_day. Look at one closed case.
  # recovery_date_is: first_day_back
  # What 'Traject verwijder actie' is set to at the portal: delete, log or log_before_from.
  # portal_deletes: log
  # Per employer: kind of absence in AFAS → the portal's code of the cause. Without it every case is a reject.
  # causes:
  #   "01": {Z: "12", ZW: "20", vangnet: "7"}
"""


def connection(new: NewCustomer) -> str:
    """Return the connection with a classic token; OAuth beside it."""
    return f"""# AFAS: member number (five digits) and token. Put the token between the quotes as AFAS shows it.
export AIRFLOW_CONN_{new.connection.upper()}='{{"conn_type": "afas", "login": "12345", "password": "TOKEN"}}'
# Better, since classic tokens end on 1 May 2027: an OAuth client, then no password is needed:
#   "extra": {{"client_id": "...", "client_secret": "..."}}
"""


def letter(new: NewCustomer) -> str:
    """Return the letter to the customer's AFAS administrator."""
    payroll = Flow.PAYROLL in new.flows
    wanted = "\n".join(f"   - {connector(flow).id}" for flow in new.flows if flow is not Flow.PAYROLL)
    downloads = f"Ze zijn te downloaden op {DOWNLOAD}."
    if payroll:
        downloads += f" De vier connectoren voor salarisgegevens (VDD_PowerBI_…) staan in {PAYROLL_DOWNLOAD}."
    address = f"**{new.address}**" if new.address else "ons adres (vraag het ons)"
    absence = (
        "\n   Filter verzuim **niet** op datum: wat u weglaat, kan bij het portaal verdwijnen."
        if Flow.ABSENCE in new.flows
        else ""
    )
    return f"""# AFAS instellen voor de koppeling van {new.customer}

Voor de AFAS-beheerder. Reken op een half uur. Wij lezen alleen; er wordt niets in AFAS gewijzigd.

1. **App connector.** Ga naar *Algemeen / Beheer / App connector*, kies *Nieuw*. Geef een omschrijving, laat een nieuwe
   gebruikersgroep en een nieuwe gebruiker maken. Geef die gebruiker geen andere rechten: schrijven hoeft hij niet.
2. **GetConnectoren.** Importeer ze met *Acties / Importeren* en voeg ze toe aan de app connector:
{wanted}
   {downloads}
3. **Autorisatie.** Geef de gebruikersgroep in de Autorisatietool de autorisatie *Alle medewerkers*. Zonder die rechten
   geeft AFAS minder regels of geen enkele, zonder foutmelding. Controleer ook gegevensfilters op werkgevers.
4. **Filters.** Laat in de GetConnectoren weg wat niet mee hoort te gaan: afdelingen, stagiairs, vrijwilligers, en alle
   bankrekeningen behalve die waarop het salaris komt.{absence}
5. **KvK-nummer.** Controleer dat bij elke werkgever het KvK-nummer in AFAS staat, en dat het klopt met de naam van het
   bedrijf.
6. **IP-regels.** Beperkt u de app connector tot IP-adressen? Sta dan {address} toe. Vul geen IPv6-adres in: AFAS
   kent dat niet en houdt dan alle verkeer tegen.
7. **Toegang.** Maak een token (*Gebruikerstokens / Nieuw*) of liever een OAuth-client: klassieke tokens eindigen
   uiterlijk op 1 mei 2027.

Stuur ons, beveiligd en **niet in één bericht**: het nummer van AFAS Online (vijf cijfers), de omgevingscode
({new.environment or "zoals O12345AA"}), en het token of de OAuth-gegevens.

Ziekmeldingen die u in AFAS doet, {
        "komen elk uur mee." if Flow.ABSENCE in new.flows else "gaan met deze koppeling niet mee."
    }
"""
