/// Where in the spool each object's bytes are, and which of the spool's files are still needed.
///
/// A spool is a sequence of files (journals). Every answer is appended to the newest one as a zstd frame of its own, whoever it is from, so that
/// one fsync covers the answers of many participants. An object is the concatenation of its frames.
struct SpoolState: Sendable {
  /// A frame in a journal.
  struct Piece: Sendable, Equatable {
    var journal: Int
    var offset: Int64
    var count: Int
  }

  /// What is known of an object that is not in the storage yet.
  struct Segment: Sendable, Equatable {
    var key: RawKey
    var pieces: [Piece] = []
    /// Nothing is appended any more.
    var isClosed = false
  }

  private struct Subject: Hashable {
    var provider: String
    var participant: String
  }

  private var segments: [String: Segment] = [:]
  private var current: [Subject: RawKey] = [:]
  private var numbers: [Subject: Int] = [:]
  /// The keys of objects with bytes in each journal.
  private var users: [Int: Set<String>] = [:]

  /// The key of the object that takes a participant's next answer.
  mutating func key(provider: String, participant: String, date: String, run: String) -> RawKey {
    let subject = Subject(provider: provider, participant: participant)
    if let key = current[subject] { return key }
    let number = numbers[subject, default: 0] + 1
    numbers[subject] = number
    let key = RawKey(provider: provider, date: date, run: run, participant: participant, number: number)
    current[subject] = key
    return key
  }

  mutating func add(_ piece: Piece, to key: RawKey) {
    segments[key.text, default: Segment(key: key)].pieces.append(piece)
    users[piece.journal, default: []].insert(key.text)
  }

  /// Ends the participant's objects: further answers go into new ones. Returns those that can be uploaded.
  mutating func close(_ participant: String) -> [Segment] { close { $0.participant == participant } }

  /// Ends every object. Returns those that can be uploaded and have not been returned before.
  mutating func closeAll() -> [Segment] { close { _ in true } }

  private mutating func close(_ isMeant: (RawKey) -> Bool) -> [Segment] {
    var closed: [Segment] = []
    for (subject, key) in current where isMeant(key) {
      current[subject] = nil
      guard var segment = segments[key.text], !segment.isClosed else { continue }
      segment.isClosed = true
      segments[key.text] = segment
      closed.append(segment)
    }
    return closed.sorted { $0.key.text < $1.key.text }
  }

  /// Takes in the objects that an earlier process has left, closed.
  mutating func adopt(_ pieces: [(key: RawKey, piece: Piece)]) -> [Segment] {
    var adopted: Set<String> = []
    for (key, piece) in pieces {
      add(piece, to: key)
      segments[key.text]?.isClosed = true
      adopted.insert(key.text)
    }
    return adopted.sorted().compactMap { segments[$0] }
  }

  /// An object is in the storage. Returns the journals that nothing needs any more, except `newest`, which is being written.
  mutating func stored(_ key: RawKey, except newest: Int?) -> [Int] {
    segments[key.text] = nil
    for journal in users.keys { users[journal]?.remove(key.text) }
    return unneeded(except: newest)
  }

  /// The journals that nothing needs.
  mutating func unneeded(except newest: Int?) -> [Int] {
    let free = users.filter { $0.value.isEmpty && $0.key != newest }.keys.sorted()
    for journal in free { users[journal] = nil }
    return free
  }

  /// A journal exists, even if nothing is in it yet.
  mutating func open(_ journal: Int) { users[journal, default: []] = users[journal] ?? [] }

  /// The objects that are not in the storage.
  var waiting: [RawKey] { segments.values.map(\.key).sorted { $0.text < $1.text } }
}
