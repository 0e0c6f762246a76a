import StudyModel

/// The requests that are set aside for the pages of one answer.
struct PageRoom {
  private let client: any EndpointClient
  private let participant: String
  private var count = 0

  init(_ client: any EndpointClient, _ participant: String) {
    self.client = client
    self.participant = participant
  }

  /// Returns how long to wait if so many are not left. A single request needs no room.
  mutating func setAside(_ expected: Int) -> Duration? {
    guard expected > 1 else { return nil }
    if let wait = client.setAside(expected, for: participant) { return wait }
    count = expected
    return nil
  }

  /// A page is about to be requested.
  mutating func use() {
    guard count > 0 else { return }
    count -= 1
    client.free(1, for: participant)
  }

  /// No further page is requested.
  func end() { if count > 0 { client.free(count, for: participant) } }
}
