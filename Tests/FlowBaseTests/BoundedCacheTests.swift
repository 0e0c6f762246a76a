import FlowBase
import Testing

@Suite("A bounded cache")
struct BoundedCacheTests {
  @Test("makes a value once and keeps no more than it may")
  func bounded() {
    var cache = BoundedCache<Int, String>(limit: 4), made: [Int] = []
    func value(_ key: Int) -> String {
      cache.value(for: key) {
        made.append(key)
        return "\(key)"
      }
    }
    for key in [1, 2, 1, 3, 4, 2] { #expect(value(key) == "\(key)") }
    #expect(made == [1, 2, 3, 4] && cache.count == 4)
    for key in 5..<1000 {
      #expect(value(key) == "\(key)" && cache.count <= 4)
    }
  }

  @Test("keeps nothing of what cannot be made")
  func fails() {
    struct Unmade: Error {}
    var cache = BoundedCache<Int, Int>(limit: 1)
    #expect(throws: Unmade.self) { try cache.value(for: 1) { () throws -> Int in throw Unmade() } }
    #expect(cache.count == 0 && cache.value(for: 1) { 2 } == 2)
  }
}
