"""What a reason is called and means, in English; who acts and how it closes."""

WHO = {
    "source": "The HR or payroll administration of the customer, in the source system.",
    "connector": "Whoever manages the source system at the customer, and what it lets us read: connectors, filters, "
    "authorisations.",
    "value": "Whoever manages the source system at the customer; an engineer where the detail says so.",
    "usage": "The HR administration of the customer; you, where the detail names a setting.",
    "hours": "The payroll administration of the customer, with whoever keeps the time registration.",
    "settings": "You: find out what it has to be, and have it put into the customer's integration file.",
    "confirm": "You: confirm it at the desk, or have it corrected in the source system.",
    "link": "You, or whoever knows the employees at the customer: decide at the desk under Links.",
    "kvk": "You, with the customer: the KvK number belongs in the integration file (payroll.kvk) and with the employer "
    "in the source system.",
    "receiver": "You: ask the receiver whether these columns are all right, then release the delivery at the desk.",
    "release": "You: look at the delivery at the desk, then release or discard it.",
    "held_source": "You: ask whoever manages the source system what was changed there, then release or discard the "
    "delivery at the desk.",
    "held_hours": "You: ask the payroll administration whether the file is complete, then release or discard the "
    "delivery at the desk.",
    "held_settings": "You: have the setting put right in the integration file, or release the removals at the desk.",
    "rejects": "You: look at the rejects of Employees first; this person often waits there.",
    "history": "An engineer: load the absence history with `airflow backfill create --dag-id absence_history`.",
    "portal": "The HR administration of the customer; the portal's support can say what its code means.",
    "rejected_file": "You: compare the columns and the setting of the import in the portal with what the portal says.",
    "report": "You: look in the portal's log reports which lines they are, and have them corrected at the source.",
    "engineer": "An engineer: this is more than the portal takes, and nobody can make it smaller at the source.",
    "unknown": "You first; an engineer when the detail of the reject does not say what to do.",
}
CLOSES = {
    "source": "By itself: the first run that sees the correction, at the latest that of 21:00, sends it. It also "
    "closes when the record is gone from the source.",
    "settings": "Absence: by itself within the hour after the setting was added. Other flows: at 21:00, or at once "
    "with “Try again now”.",
    "employer": "At 21:00, after the flow employers has shown this employer or the code was corrected.",
    "employee": "By itself, by the first run after the flow employees has brought this person.",
    "confirm": "By the first run after you confirmed it, or by itself when the source shows the old value again.",
    "link": "By the first run of employees after the decision.",
    "release": "By the next run after you released it. It lapses by itself when the source shows the old again.",
    "first": "By the next run after you released it.",
    "held_settings": "By itself when the setting is as it was, or by the next run after you released it.",
    "kvk": "By the first run in which the number is there and the same on both sides.",
    "filter": "By the first run in which each of the four connectors shows the employer.",
    "column": "By itself when the column has values again; by your release when it is right that it is empty.",
    "history": "By itself when every month of the window has been read (`veerpont coverage`), or by your release.",
    "forgotten": "By the next run after you released it. It lapses by itself when the source shows the person again.",
    "refused": "It is tried again at 21:00; sooner when it changes at the source, or with “Try again now”.",
    "file": "By itself, as soon as the next file of this flow has been sent.",
    "unknown": "By itself, by the first run in which the record passes; at 21:00 it is tried again.",
}
UNKNOWN = (
    "Code {code}",
    "There are no words here for the code {code}. It may be a code of the portal's own. The detail of the reject says "
    "what is known.",
)

REASONS = {
    "missing_value": ("Value missing", "A field that this record cannot do without is empty at the source."),
    "wrong_type": (
        "Another kind of value",
        "The field holds another kind of value than was agreed, such as text where a number belongs. Usually what the "
        "source lets us read was defined anew.",
    ),
    "impossible_date": ("Not a date", "The field holds something that is not a date between 1900 and 2100."),
    "impossible_percentage": ("Not a percentage", "The percentage is not a number from 0 to 100."),
    "control_characters": (
        "Invisible characters",
        "The value has characters that no file can hold, such as a line break, mostly from copying and pasting.",
    ),
    "too_long": ("Value too long", "The value has more characters than the portal takes."),
    "unknown_gender": ("Gender not recognised", "The gender is none of the values that the source documents."),
    "unknown_name_usage": ("Name usage not recognised", "The way in which the partner's name is used is not known."),
    "unknown_value": ("Value not allowed", "The portal takes only the values of a fixed list here; this is another."),
    "date_out_of_range": ("Date out of range", "The portal takes dates from 1900 to 2100 only."),
    "end_before_start": ("Ends before it starts", "The end date lies before the start date."),
    "invalid_bsn": ("Invalid citizen-service number", "The number does not pass its own check (elfproef)."),
    "invalid_iban": ("Invalid IBAN", "The length or the check digits of the bank account number are wrong."),
    "invalid_bic": ("Invalid BIC", "The bank's code does not have 8 or 11 letters and digits."),
    "several_accounts": (
        "Several bank accounts",
        "The source shows several bank accounts of one person and not which of them counts. Have it show only the one "
        "that salary is paid to.",
    ),
    "duplicate_key": (
        "One key, two records",
        "Two records have the same key, and one would overwrite the other. Give them different keys, or keep one.",
    ),
    "department_cycle": (
        "Department under itself",
        "Following the parents of this department leads back to itself: one parent in the chart is wrong.",
    ),
    "unknown_employer": (
        "Employer unknown",
        "The source never showed this employer among the employers. Have the code corrected, or have the employer "
        "shown to us and activate it at the desk.",
    ),
    "unknown_employee": (
        "Employee unknown",
        "The flow employees did not bring this person at this employer, so the portal would refuse the record. Or the "
        "person's employer is not active.",
    ),
    "portal_key_changed": (
        "Personnel number changed",
        "The portal knows this record by another number, and would end the old one with its absence. Confirm that it "
        "is the same person.",
    ),
    "portal_key_taken": (
        "Number belongs to another",
        "The portal knows another record by this number, and its absence would become this one's. Confirm that this is "
        "right, or have another number given.",
    ),
    "employer_changed": (
        "Moved to another employer",
        "This employment was at another employer before, and its line there would go. Confirm the move.",
    ),
    "link_undecided": (
        "Add, leave out or link?",
        "Nobody has decided yet about this employee: add them, do not import them, or link them with somebody whom the "
        "portal has already.",
    ),
    "link_department": (
        "Linked without a department",
        "The department of somebody who is linked stays as the portal has it, and an empty cell may clear it. Say with "
        "the link which department the portal has.",
    ),
    "unknown_type": (
        "Absence type not set",
        "The absence type is in no table. Say under absence.types what it is at the portal, or null to leave it out.",
    ),
    "no_cause": (
        "No cause code set",
        "For this absence type there is no cause code of the portal at this employer. Add it under absence.causes.",
    ),
    "began_before_contract": (
        "Ill before the contract",
        "The illness is older than the contract. Confirm that it may be sent from the day on which the case begins.",
    ),
    "case_of_two_people": ("Case of two people", "The lines of one case name different people or employers."),
    "line_before_begin": (
        "Line before the case",
        "A line of the case starts before the case begins: one of the two dates is wrong, or the line no longer exists "
        "at the source and has to be read again.",
    ),
    "first_line_missing": (
        "First days not known",
        "No line was ever read for the first day of this case. A backfill of the absence history reads it again; if "
        "the source has no such line, it has to be added there.",
    ),
    "recovered_before_begin": ("Recovered before ill", "The date of recovery lies before the begin of the case."),
    "expected_birth_missing": (
        "Expected birth missing",
        "The portal takes no pregnancy leave without the expected date of birth.",
    ),
    "actual_birth_missing": (
        "Actual birth missing",
        "The leave has ended, and the portal takes no ended pregnancy leave without the actual date of birth.",
    ),
    "too_many_decimals": ("Too many decimals", "A percentage of the case has more than two decimals."),
    "open_period_not_last": ("Open period not last", "A period of the case goes on although another one follows it."),
    "overlapping_periods": ("Periods overlap", "A period of the case begins before the one before it has ended."),
    "too_large": ("Too many parts", "The record has more parts than the portal takes in one call."),
    "not_a_number": ("Not a number", "The value is no number with the decimal mark that the integration file names."),
    "unknown_payroll_number": (
        "Payroll number unknown",
        "No employment of an active employer has this payroll number. It is not the employee number.",
    ),
    "duplicate_payroll_number": (
        "Payroll number of several people",
        "Two employments, in one or two administrations, have this number: nobody may guess whose hours these are.",
    ),
    "unknown_period": ("Period unknown", "The payroll administration of the employment has no such period."),
    "test_year": ("Test year", "The period is of a year that Loket calls a test year: nobody is paid in it."),
    "out_of_range": (
        "Hours out of range",
        "The hours of one component come to less than 0 or more than 999,99 in the period, or an amount is too large.",
    ),
    "unknown_component": (
        "Component unknown in this year",
        "The payroll administration has no such component in the year of the period: they differ per year.",
    ),
    "blocked_component": (
        "Component takes no import",
        "Loket does not let this component be changed by a collective mutation.",
    ),
    "unknown_unit": ("Unit unknown", "No unit is configured for this department, or Loket does not know that unit."),
    "period_closed": (
        "Period is paid already",
        "The payroll run of the period is approved, and the hours are other ones than Loket was sent.",
    ),
    "not_taken": ("Not taken by Loket", "Loket was sent this value, and does not show it afterwards."),
    "portal_rejected": (
        "Rejected by the portal",
        "The portal did not take this line; the detail has its own words, without personal data.",
    ),
    "file_rejected": ("File refused", "The portal processed nothing of this file; all of it is sent again."),
    "report_unmatched": (
        "Rejected, but which line?",
        "The portal's report names rejected lines, and does not say which of the lines that were sent they are.",
    ),
    "refused": ("Refused by the portal", "The portal refused this record without a code that we know."),
    "invalid_value": ("Value refused by the portal", "The portal takes no such value in this field."),
    "unknown_department": ("Department unknown to the portal", "The portal does not have the department yet."),
    "unknown_person": ("Person unknown to the portal", "The portal does not have the person that this belongs to."),
    "first_delivery": (
        "First delivery",
        "This is the first complete delivery of this flow to the portal, which may hold what we have never seen. "
        "Compare the counts with what the portal shows before you release it.",
    ),
    "many_gone": (
        "Many removals",
        "More lines would go at the portal than the guard allows. The rest was sent; only the removals wait.",
    ),
    "case_gone": (
        "Cases that vanished at the source",
        "Two complete reads did not show these absence cases any more, and they are no fresh mistakes. The rest was "
        "sent; only these removals wait. If it is wrong, have our authorisation at the source looked at.",
    ),
    "settings_gone": (
        "Removed by settings",
        "These absence cases would go only because a setting was changed (types, window or first date). "
        "Have it put right, or release the removals.",
    ),
    "many_new": (
        "Many new lines",
        "At one employer many more lines arrive than is usual. Usually a filter was taken out at the source. The rest "
        "was sent; only these lines wait.",
    ),
    "column_changed": (
        "Column {column} changes for nearly everybody",
        "The column {column} would change in more than half of the lines. Usually the connector at the source was "
        "changed. The changed lines stay as they were; the rest was sent.",
    ),
    "zero_rows": (
        "The source showed nothing",
        "The source answered without a single row where there were some. Usually a filter or an authorisation was "
        "changed. Nothing was sent.",
    ),
    "column_blank": (
        "Column {column} is empty",
        "The column {column} lost its value in every row. Usually the connector at the source was changed. "
        "Nothing was sent.",
    ),
    "column_replaced": (
        "Column {column} is gone",
        "The column {column} says “(replaced)” in every row: the field no longer exists in AFAS. Nothing was sent.",
    ),
    "history_incomplete": (
        "Absence history incomplete",
        "The absence history covers less than the portal's window, and the portal may delete what a file leaves out. "
        "Nothing was sent.",
    ),
    "kvk_missing": (
        "KvK number missing",
        "The KvK number of this employer is not known. Until it is, its payroll data waits; what the portal has stays.",
    ),
    "kvk_malformed": (
        "KvK number is no number",
        "A KvK number has 8 digits. The payroll data of this employer waits; what the portal has stays.",
    ),
    "kvk_unequal": (
        "KvK numbers differ",
        "AFAS shows another KvK number for this employer than the portal has. Its payroll data waits, for it would "
        "end up with another company.",
    ),
    "connector_lacks_employer": (
        "A connector lacks the employer",
        "Not each of the four connectors shows this employer: each has its own filter on employer codes. What the "
        "portal has of the missing table stays.",
    ),
    "schema_changed": (
        "Other columns",
        "The connectors have other columns than at the last delivery: new, gone or changed ones. Nothing was sent.",
    ),
    "bases_halved": (
        "Far fewer calculated bases",
        "The calculated bases have a third fewer rows for each person, or fewer still. Since Profit 9 AFAS shows only "
        "the last line of each period: after that upgrade this is right. Nothing was sent.",
    ),
    "bases_gone": (
        "Calculated bases would go",
        "Calculated bases are among what would go. Since Profit 9 AFAS shows only the last line of each period: after "
        "that upgrade this may be right.",
    ),
    "fewer_rows": (
        "Far fewer rows of hours",
        "For {column} (administration, year, period) the file has far fewer rows than the one before, and so other "
        "hours. Look whether the file is whole before you release it. Nothing was sent.",
    ),
    "fewer_people": (
        "Far fewer people with hours",
        "The first file for {column} (administration, year, period) has nothing of many people who had hours in the "
        "period before. When it is not complete yet, let it wait. Nothing was sent.",
    ),
    "forgotten": (
        "Somebody was forgotten",
        "The portal still has the lines of somebody who was removed from Veerpont, under number {column}. They "
        "are removed there only after your release; until then a complete file waits as a whole.",
    ),
}
