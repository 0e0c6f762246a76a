import FlowCore
import FlowTesting
import StudyModel
@testable import StudyParticipants
import Testing

@Suite("The syncs in a participant file")
struct SyncRecordTests {
  private static let start = Instant(seconds: 1_767_571_200)
  private static func after(_ days: Int64) -> Instant { start + .seconds(days * 86_400) }

  @Test("the latest sync only moves forward; an earlier value is reported; syncs further apart than the tracker's memory are kept")
  func notes() {
    var record = SyncRecord()
    record.note(.neverSynced(zone: "UTC"))
    #expect(record.latest == nil && record.tracker == .neverSynced)
    record.note(.synced(Self.start, zone: "UTC"))
    #expect(record.latest == Self.start && record.tracker == nil)
    record.note(.synced(Self.after(7), zone: "UTC"))
    #expect(record.lateSyncs.isEmpty, "seven days are kept")
    record.note(.synced(Self.after(3), zone: "UTC"))
    #expect(record.latest == Self.after(7) && record.tracker == .syncedEarlier)
    record.note(.synced(Self.after(16), zone: "UTC"))
    record.note(.synced(Self.after(16), zone: "UTC"))
    #expect(record.lateSyncs == [.init(before: Self.after(7), after: Self.after(16))])
    record.note(.noTracker(zone: "UTC"))
    #expect(record.latest == Self.after(16) && record.tracker == SyncRecord.Tracker.none)
  }

  @Test("it is written to the file and read back; unreadable members are ignored")
  func file() throws {
    let text = "{\"participant\": \"P1\", \"refresh_token\": \"r\", \"previous_sync\": \"2026-01-05T00:00:00Z\", \"tracker\": 3, \"mine\": [1]}"
    var file = try ParticipantFile(parsing: Array(text.utf8), participant: "P1", path: "P1.json")
    #expect(file.sync == SyncRecord())
    file.sync.note(.synced(Self.start, zone: "UTC"))
    file.sync.note(.synced(Self.after(9), zone: "Asia/Tokyo"))
    file.sync.note(.noTracker(zone: "Asia/Tokyo"))
    file.zone = "Asia/Tokyo"
    #expect(file.sync.zones.entries == [.init(zone: "UTC", since: nil), .init(zone: "Asia/Tokyo", since: Self.start)])
    let again = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "P1.json")
    #expect(again.sync == file.sync && again.sync.lateSyncs.count == 1)
    #expect(String(decoding: again.bytes, as: UTF8.self).contains("mine"))
  }
}
