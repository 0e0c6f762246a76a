#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Texts one after the other in one piece of memory.
struct TextList {
  private(set) var bytes: [UInt8] = []
  /// Where each text ends.
  private(set) var ends: [Int] = []

  var count: Int { ends.count }
  /// With a length of four bytes each.
  var plainByteCount: Int { bytes.count + ends.count * 4 }

  mutating func append(_ text: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  mutating func truncate(to count: Int) {
    bytes.removeLast(bytes.count - start(of: count))
    ends.removeLast(ends.count - count)
  }

  private func start(of number: Int) -> Int { number == 0 ? 0 : ends[number - 1] }

  func appendPlain(to target: inout [UInt8]) { forEach { _, text in target.appendPlain(text) } }

  /// Calls for each text, with its number.
  func forEach(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var start = 0
      for (number, end) in ends.enumerated() {
        body(number, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
    }
  }

  func withText<Result>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start(of: number)..<ends[number]])) }
  }
}

/// The texts of a page, one that repeats those before it only once: texts of a table that is in order repeat for long.
struct TextRuns {
  private var texts = TextList()
  /// How often each text stands there.
  private var times: [Int] = []
  private(set) var count = 0
  private(set) var plainByteCount = 0

  mutating func append(_ text: String) {
    // Strings of Swift have their UTF-8 at hand; those that another language made may not.
    if text.utf8.withContiguousStorageIfAvailable({ append(UnsafeRawBufferPointer($0)) }) == nil { Array(text.utf8).withUnsafeBytes { append($0) } }
  }

  private mutating func append(_ text: UnsafeRawBufferPointer) {
    count += 1
    plainByteCount += 4 + text.count
    let last = times.count - 1
    if last >= 0, texts.withText(last, { $0.isSame(as: text) }) {
      times[last] += 1
    } else {
      texts.append(text)
      times.append(1)
    }
  }

  mutating func removeAll() {
    texts.removeAll()
    times.removeAll(keepingCapacity: true)
    (count, plainByteCount) = (0, 0)
  }

  func appendPlain(to target: inout [UInt8]) {
    target.reserveCapacity(target.count + plainByteCount)
    forEach { text, times in
      for _ in 0..<times { target.appendPlain(text) }
    }
  }

  /// Calls for each text, with how often it stands there.
  func forEach(_ body: (UnsafeRawBufferPointer, _ times: Int) -> Void) { texts.forEach { body($1, times[$0]) } }
}

// MARK: - Bytes

extension UnsafeRawBufferPointer {
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let first = baseAddress, let second = other.baseAddress else { return true }
    return memcmp(first, second, count) == 0
  }

  /// Unsigned byte by byte; a text is after those that it begins with.
  func isBefore(_ other: UnsafeRawBufferPointer) -> Bool {
    let shared = Swift.min(count, other.count)
    guard shared > 0, let first = baseAddress, let second = other.baseAddress else { return count < other.count }
    let order = memcmp(first, second, shared)
    return order != 0 ? order < 0 : count < other.count
  }
}

extension [UInt8] {
  /// PLAIN: the length in four bytes, and the text.
  fileprivate mutating func appendPlain(_ text: UnsafeRawBufferPointer) {
    appendLittleEndian(UInt32(text.count))
    append(contentsOf: text)
  }
}
