/// What became of a component: a line of the report.
package struct ImportedComponent: Sendable, Equatable, Encodable {
  package enum Status: String, Sendable, Encodable, CaseIterable {
    case converted, partial, placeholder, dropped
  }

  /// NiFi's.
  package var id: String
  package var name: String
  /// NiFi's type with its package; of what has no type, what it is: `CONNECTION`.
  package var type: String
  package var status: Status
  /// What was changed, and what a person must decide.
  package var notes: [String]

  /// More notes than anybody reads; a hostile file could have millions.
  private static let longest = 100
  /// How many were left out.
  private var more = 0

  /// Why it cannot be converted; the notes have each too.
  private(set) var refusals: [String] = []

  private enum CodingKeys: CodingKey { case id, name, type, status, notes }

  init(id: String, name: String, type: String, status: Status = .converted, notes: [String] = []) {
    self.id = id
    self.name = name
    self.type = type
    self.status = status
    self.notes = notes
  }

  /// A difference that a person must look at.
  mutating func differs(_ note: String) {
    if status == .converted { status = .partial }
    mention(note)
  }

  /// Why it must be a placeholder.
  mutating func refuse(_ reason: String) {
    mention(reason)
    if refusals.count < Self.longest, !refusals.contains(reason) { refusals.append(reason) }
  }

  /// Takes over what an attempt to convert it found.
  mutating func takeOver(_ attempt: ImportedComponent) {
    for note in attempt.notes { mention(note) }
    refusals = attempt.refusals
  }

  /// What was changed without a difference in what the flow does.
  mutating func mention(_ note: String) {
    guard !notes.contains(note) else { return }
    if notes.count < Self.longest { return notes.append(note) }
    more += 1
    let rest = "… \(more) more"
    if notes.count == Self.longest { notes.append(rest) } else { notes[Self.longest] = rest }
  }
}
