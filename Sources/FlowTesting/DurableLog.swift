import FlowCore

/// How much of a database's write-ahead log is certain to be on the disk (sqlite.org, "WAL-mode File Format").
///
/// Certain is what the code under test has synchronised, and what the engine has, with `synchronous = NORMAL`: the whole
/// log before a checkpoint copies any of it, the database file before the log starts anew, and then the header.
struct DurableLog: Equatable {
  private static let headerBytes = 32
  private static let frameHeaderBytes = 24
  private static let blockBytes = 4096

  /// Two random numbers that are new each time the log starts anew.
  private let salts: [UInt8]
  private var frames: Int
  /// Whether a checkpoint has copied any of it.
  let isCopied: Bool

  /// A log of which the engine alone has synchronised anything; nil if it holds nothing.
  init?(_ log: [UInt8], index: [UInt8]) {
    guard log.count >= Self.headerBytes else { return nil }
    salts = Array(log[16..<24])
    // nBackfillAttempted of the index: the frames that a checkpoint may have copied.
    frames = Self.salts(of: index) == salts ? Self.number(in: index, at: 128) : 0
    isCopied = frames > 0
  }

  /// A log found on the disk, without the index that lived in memory: its unbroken part counts.
  init?(found log: [UInt8]) {
    self.init(log, index: [])
    frames = Self.committedFrames(log)
  }

  /// Everything that is committed is synchronised.
  mutating func synchronize(_ index: [UInt8]) {
    guard Self.salts(of: index) == salts else { return }
    // mxFrame.
    frames = max(frames, Self.number(in: index, at: 16))
  }

  /// Has no effect if the log has started anew since `known` was recorded.
  mutating func include(_ known: DurableLog?) {
    if let known, known.salts == salts { frames = max(frames, known.frames) }
  }

  /// What is left of the log: what is certain, and of the rest nothing, all, a part that ends in the middle of a frame,
  /// or some blocks.
  func survivor(of log: [UInt8], _ dice: SeededRandomSource) -> [UInt8] {
    let certain = min(log.count, Self.headerBytes + frames * Self.frameBytes(log))
    switch dice.next() % 4 {
    case 0: return Array(log.prefix(certain))
    case 1: return log
    case 2: return Array(log.prefix(certain + Int(dice.next() % UInt64(log.count - certain + 1))))
    default:
      var left = log
      for start in stride(from: certain, to: log.count, by: Self.blockBytes) where dice.next() % 4 == 0 {
        for place in start..<min(start + Self.blockBytes, log.count) { left[place] = 0 }
      }
      return left
    }
  }

  // MARK: The format

  private static func frameBytes(_ log: [UInt8]) -> Int { frameHeaderBytes + Int(number(log, 8)) }

  private static func salts(of index: [UInt8]) -> [UInt8] { index.count >= 136 ? Array(index[32..<40]) : [] }

  /// The index is in the machine's byte order.
  private static func number(in index: [UInt8], at place: Int) -> Int {
    Int(index.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) })
  }

  private static func number(_ log: [UInt8], _ place: Int) -> UInt32 {
    UInt32(bigEndian: log.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) })
  }

  /// The frames up to the last commit before the first frame that is of an earlier log, torn or absent.
  private static func committedFrames(_ log: [UInt8]) -> Int {
    let frameBytes = frameBytes(log)
    let isBigEndian = number(log, 0) & 1 == 1
    var sum = checksum(log, 0..<24, (0, 0), isBigEndian)
    guard sum == (number(log, 24), number(log, 28)) else { return 0 }
    var committed = 0
    for (index, start) in stride(from: headerBytes, through: log.count - frameBytes, by: frameBytes).enumerated() {
      sum = checksum(log, start..<start + 8, sum, isBigEndian)
      sum = checksum(log, start + frameHeaderBytes..<start + frameBytes, sum, isBigEndian)
      guard log[start + 8..<start + 16] == log[16..<24], sum == (number(log, start + 16), number(log, start + 20)) else { break }
      if number(log, start + 4) > 0 { committed = index + 1 }
    }
    return committed
  }

  private static func checksum(
    _ log: [UInt8], _ range: Range<Int>, _ start: (UInt32, UInt32), _ isBigEndian: Bool
  ) -> (UInt32, UInt32) {
    log.withUnsafeBytes { bytes in
      var (first, second) = start
      for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
        let words = (bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self), bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
        first &+= (isBigEndian ? UInt32(bigEndian: words.0) : UInt32(littleEndian: words.0)) &+ second
        second &+= (isBigEndian ? UInt32(bigEndian: words.1) : UInt32(littleEndian: words.1)) &+ first
      }
      return (first, second)
    }
  }
}
