import FlowCore
import FlowTesting
import Testing

@testable import StudyRaw

/// Which journals are needed, and which object takes an answer.
@Suite struct SpoolStateTests {
  private static func key(_ state: inout SpoolState, _ participant: String, provider: String = "fitbit") -> RawKey {
    state.key(provider: provider, participant: participant, date: "2026-01-06", run: RawBench.run)
  }

  @Test("A participant's answers go into one object until it is closed, then into the next one")
  func numbers() {
    var state = SpoolState()
    let first = Self.key(&state, "P0001")
    state.add(SpoolState.Piece(journal: 1, offset: 0, count: 10), to: first)
    let same = Self.key(&state, "P0001"), other = Self.key(&state, "P0002")
    #expect(same == first && first.number == 1 && other.participant == "P0002")
    let closed = state.close("P0001").map(\.key), next = Self.key(&state, "P0001"), empty = state.close("P0001")
    #expect(closed == [first] && next.number == 2)
    #expect(empty.isEmpty, "nothing was added to the second one")
  }

  @Test("A participant of two providers has an object of each")
  func providers() {
    var state = SpoolState()
    for provider in ["fitbit", "google-health"] {
      state.add(SpoolState.Piece(journal: 1, offset: 0, count: 1), to: Self.key(&state, "P0001", provider: provider))
    }
    let closed = state.close("P0001")
    #expect(closed.map(\.key.provider) == ["fitbit", "google-health"])
  }

  @Test("A journal is released when the last object in it is stored, but not while it is being written")
  func release() {
    var state = SpoolState()
    state.open(1)
    let (one, two) = (Self.key(&state, "P0001"), Self.key(&state, "P0002"))
    state.add(SpoolState.Piece(journal: 1, offset: 0, count: 5), to: one)
    state.add(SpoolState.Piece(journal: 1, offset: 5, count: 5), to: two)
    state.open(2)
    state.add(SpoolState.Piece(journal: 2, offset: 0, count: 5), to: two)
    _ = state.closeAll()
    let released = [state.stored(one, except: 2), state.stored(two, except: 2), state.unneeded(except: 2), state.unneeded(except: nil)]
    #expect(released == [[], [1], [], [2]])
  }

  @Test("What an earlier process left is closed, with its pieces in order, and does not take new answers")
  func adopted() {
    var state = SpoolState()
    let old = RawKey(provider: "fitbit", date: "2026-01-05", run: "20260105T101500Z-0001", participant: "P0001")
    let pieces = [1, 2].map { SpoolState.Piece(journal: $0, offset: 0, count: $0) }
    let segments = state.adopt(pieces.map { (key: old, piece: $0) })
    #expect(segments.map(\.pieces) == [pieces] && segments.allSatisfy(\.isClosed))
    let next = Self.key(&state, "P0001"), closed = state.closeAll()
    #expect(next != old && closed.isEmpty)
  }

  @Test("Whatever the order of events, no journal is released before its objects are stored, and everything is given out once", arguments: Seeds.chosen(usual: 40))
  func random(seed: UInt64) {
    let dice = SeededRandomSource(seed: seed)
    var state = SpoolState()
    var newest = 1, offset: Int64 = 0
    var added: [String: [SpoolState.Piece]] = [:], stored: Set<String> = [], released: Set<Int> = [], opened: Set<Int> = [1]
    var given: [SpoolState.Segment] = []
    var uploading: [SpoolState.Segment] = []
    state.open(newest)
    func give(_ segments: [SpoolState.Segment]) {
      given += segments
      uploading += segments
    }
    func check(_ journals: [Int]) {
      for journal in journals {
        let isNew = released.insert(journal).inserted
        #expect(journal != newest && isNew)
        let needed = added.filter { !stored.contains($0.key) && $0.value.contains { $0.journal == journal } }.keys
        #expect(needed.isEmpty, "journal \(journal) holds \(needed)")
      }
    }
    for _ in 0..<300 {
      let participant = "P\(dice.next() % 5)"
      switch dice.next() % 10 {
      case 0..<5:
        let key = Self.key(&state, participant, provider: dice.next() % 4 == 0 ? "google-health" : "fitbit")
        let piece = SpoolState.Piece(journal: newest, offset: offset, count: 1 + Int(dice.next() % 9))
        offset += Int64(piece.count)
        state.add(piece, to: key)
        added[key.text, default: []].append(piece)
      case 5:
        newest += 1
        offset = 0
        state.open(newest)
        opened.insert(newest)
      case 6: give(state.close(participant))
      case 7 where dice.next() % 5 == 0: give(state.closeAll())
      default:
        guard !uploading.isEmpty else { continue }
        let segment = uploading.remove(at: Int(dice.next() % UInt64(uploading.count)))
        stored.insert(segment.key.text)
        check(state.stored(segment.key, except: newest))
      }
    }
    give(state.closeAll())
    let rest = state.closeAll()
    #expect(rest.isEmpty)
    #expect(Dictionary(uniqueKeysWithValues: given.map { ($0.key.text, $0.pieces) }) == added, "every piece is in one object, in order")
    newest = .max
    for segment in uploading {
      stored.insert(segment.key.text)
      check(state.stored(segment.key, except: nil))
    }
    check(state.unneeded(except: nil))
    #expect(released == opened && state.waiting.isEmpty)
  }
}
