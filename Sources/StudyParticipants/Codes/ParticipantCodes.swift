import FlowCore

extension DiagnosticGroup {
  /// Diagnostics about the files of a batch and enrolment tables.
  package static let participants = DiagnosticGroup(
    "Participants",
    [.participantFile, .participantKey, .mixedParticipants, .enrolmentTable, .consentFile, .withdrawnParticipant, .jsonText, .invitationFile, .pausedParticipant, .consentTexts])
}

extension DiagnosticCode {
  package static let participantFile = DiagnosticCode(
    "E0901", "A participant file cannot be used",
    "The participant is left out until the file is corrected; the others are collected. The message names the member and never shows a token.",
    mistake: "{\"participant\": \"P0002\", …}   # in P0001.json", fix: "{\"participant\": \"P0001\", …}")
  package static let participantKey = DiagnosticCode(
    "E0902", "The key of the participant files is missing or wrong",
    "Encrypted files open only with the key they were written with, which comes from the environment.",
    mistake: "flowrun Flows/fitbit.yaml", fix: "FLOWRUN_PARTICIPANT_KEY_FILE=key.txt flowrun Flows/fitbit.yaml")
  package static let mixedParticipants = DiagnosticCode(
    "E0903", "Simulated and real participants in one batch",
    "No real participant is ever sent to the simulator, and no simulated one to a real provider.",
    mistake: "flowrun Flows/fitbit.yaml -p participants=batch   # real files, bundled simulator",
    fix: "flowrun Flows/fitbit.yaml -p participants=batch -p api=https://api.fitbit.com")
  package static let enrolmentTable = DiagnosticCode(
    "E0904", "A table of enrolments cannot be imported",
    "The table is CSV in UTF-8 with the columns participant, enrolled and refresh_token. Nothing is written until the whole table is correct.",
    mistake: "participant;enrolled;refresh_token", fix: "participant,enrolled,refresh_token")
  package static let consentFile = DiagnosticCode(
    "E0905", "A pending consent cannot be continued", "The file was changed after flowrun wrote it.", mistake: "an edited file of consents/",
    fix: "flowrun authorize FLOW PARTICIPANT")
  package static let withdrawnParticipant = DiagnosticCode(
    "E0906", "The participant is withdrawn", "Resuming collection requires a new consent.",
    mistake: "flowrun participants resume FLOW P0001", fix: "flowrun participants resume FLOW P0001 --withdrawn   # after a new consent", isUsage: true)
  package static let jsonText = DiagnosticCode(
    "E0907", "A text is not JSON",
    "The message gives the position and the mistake, and never quotes the text, which may contain a token. The file is left unchanged.",
    mistake: "{\"participant\": \"P0001\",}", fix: "{\"participant\": \"P0001\"}")
  package static let invitationFile = DiagnosticCode(
    "E0908", "An invitation cannot be used", "The file was changed after flowrun wrote it. A new invitation takes its place.",
    mistake: "an edited file of .invitations/", fix: "flowrun participants invite FLOW PARTICIPANT")
  package static let pausedParticipant = DiagnosticCode(
    "E0909", "The participant is paused", "Nothing is collected of a paused participant, so nobody is asked to consent. Nothing was changed.",
    mistake: "flowrun participants invite FLOW P0001", fix: "flowrun participants resume FLOW P0001", isUsage: true)
  package static let consentTexts = DiagnosticCode(
    "E0910", "The texts of the consent pages cannot be used",
    "A file of texts has all of them, so that no page mixes two languages, and no others. {study}, {contact}, {provider} and {date} stand for what the page knows.",
    mistake: "thank_title: Thank you", fix: "thanks_title: Thank you"
  )
}
