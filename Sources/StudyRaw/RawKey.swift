import FlowCore

/// The key of a raw object: `provider=P/data_type=mixed/date=YYYY-MM-DD/RUN-PARTICIPANT.jsonl.zst`.
///
/// An object holds what one run fetched for one participant, of all data types: a participant's data can be erased by removing whole objects.
package struct RawKey: Sendable, Hashable {
  package var provider: String
  /// The UTC date on which the run began.
  package var date: String
  package var run: String
  package var participant: String
  /// From 2 on if the run fetched for the participant again after its object was closed.
  package var number = 1

  package init(provider: String, date: String, run: String, participant: String, number: Int = 1) {
    self.provider = provider
    self.date = date
    self.run = run
    self.participant = participant
    self.number = number
  }

  package var text: String {
    "provider=\(provider)/data_type=mixed/date=\(date)/\(run)-\(participant)\(number > 1 ? "~\(number)" : "")\(Self.suffix)"
  }

  package static let suffix = ".jsonl.zst"

  /// nil for the key of an object that this program did not write.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, parts[0].hasPrefix("provider="), parts[1] == "data_type=mixed", parts[2].hasPrefix("date="), parts[3].hasSuffix(Self.suffix)
    else { return nil }
    // A run's id, TIME-XXXX, has one hyphen; a participant's name may have several, but no tilde.
    let name = parts[3].dropLast(Self.suffix.count).split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard name.count == 3, !name[2].isEmpty else { return nil }
    let numbered = name[2].split(separator: "~", omittingEmptySubsequences: false)
    guard numbered.count <= 2, numbered.count == 1 || Int(numbered[1]).map({ $0 > 1 }) == true else { return nil }
    provider = String(parts[0].dropFirst("provider=".count))
    date = String(parts[2].dropFirst("date=".count))
    run = "\(name[0])-\(name[1])"
    participant = String(numbered[0])
    number = numbered.count == 2 ? Int(numbered[1]) ?? 1 : 1
    guard !provider.isEmpty, !date.isEmpty, self.text == text else { return nil }
  }
}
