"""A new customer with Loket: what is asked of Loket and of the customer's administrator (docs/reference/loket.md)."""

from veerpont.systems.loket.resources import OF_FLOW
from veerpont.systems.onboarding import NewCustomer


def settings(new: NewCustomer) -> str:
    """Return what only this customer can say about its absence in Loket."""
    if "absence" not in new.flows:
        return ""
    return """
absence:
  history_months: 24           # the portal's window: its 'Aanleveringperiode in maanden'
  # What 'Traject verwijder actie' is set to at the portal: delete, log or log_before_from.
  # portal_deletes: log
  # Per employer: Loket's key of the cause of absence → the portal's code. Without it every case is a reject.
  # causes:
  #   "20001": {"1": "12"}
"""


def connection(new: NewCustomer) -> str:
    """Return the connection of the client that Loket registered for us."""
    name = new.connection.upper()
    return f"""# Loket: client id and client secret as Loket gave them; then `veerpont loket authorise {new.name}`
export AIRFLOW_CONN_{name}='{{"conn_type": "loket", "login": "CLIENT-ID", "password": "CLIENT-SECRET"}}'
"""


def letter(new: NewCustomer) -> str:
    """Return the letter to the customer's Loket administrator."""
    activities = dict.fromkeys(resource.activity for flow in new.flows for resource in OF_FLOW.get(flow, ()))
    calls = "\n".join(f"   - {activity}" for activity in activities)
    return f"""# Loket instellen voor de koppeling van {new.customer}

Voor de Loket-beheerder van het administratiekantoor of de klant.

1. **Gebruiker.** Maak een gewone gebruiker die alleen voor de koppeling is en waarmee niemand anders inlogt. Geen
   *Webservice gebruiker*: die hoort bij de oudere SOAP-koppeling en kan deze API niet gebruiken. Ook geen
   afdelingsmanager: die ziet alleen de eigen afdelingen.
2. **Werkgevers.** Geef die gebruiker alleen rechten op de werkgevers die met de koppeling meedoen.
3. **Activiteiten.** Vraag Loket om onze client te koppelen aan deze aanroepen, en geef de gebruiker het recht erop:
{calls}
4. **Omgevingscode.** Vraag die op bij Loket en stuur hem ons.
5. **Personeelsnummers.** Heeft u meerdere administraties of koppelingen? Een personeelsnummer mag over alle samen maar
   één keer voorkomen.
6. **KvK-nummer.** Controleer dat het bij elke werkgever is ingevuld.

Daarna vragen wij u één keer om in te loggen bij Loket en toestemming te geven. Uw wachtwoord krijgen wij niet te zien.
"""
