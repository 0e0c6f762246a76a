import FlowCore

extension DiagnosticGroup {
  /// Diagnostics about the files of a batch and enrolment tables.
  package static let participants = DiagnosticGroup(
    "Participants",
    [.participantFile, .participantKey, .mixedParticipants, .enrolmentTable, .consentFile, .withdrawnParticipant, .jsonText])
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
}
