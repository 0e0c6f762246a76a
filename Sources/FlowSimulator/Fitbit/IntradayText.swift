import NIOCore

/// Writes the `dataset` of an intraday answer: `{"time":"HH:mm:ss","value":N}` by the ten thousand.
///
/// Bytes go straight into the buffer; no string and no array is made for a sample.
struct IntradayText {
  private(set) var buffer: ByteBuffer
  private(set) var isEmpty = true
  private var template: [UInt8] = Array(#",{"time":"00:00:00","value":"#.utf8)

  /// The longest text of one sample: the template, 19 digits and the closing brace.
  private static let longestSample = 28 + 19 + 1
  private static let hourIndex = 10

  /// - Parameter samples: how many are expected; more are taken too.
  init(expectedSamples samples: Int) {
    buffer = ByteBufferAllocator().buffer(capacity: samples * 33 + 64)
  }

  /// Appends what `samples` yields: (second of the minute, value).
  /// - Parameters:
  ///   - minuteOfDay: the minute in which the samples lie.
  ///   - limit: the most samples that there can be.
  @inline(__always)
  mutating func append(minuteOfDay: Int, limit: Int, _ samples: ((Int, Int) -> Void) -> Void) {
    Self.writeDigits(minuteOfDay / 60, to: &template, at: Self.hourIndex)
    Self.writeDigits(minuteOfDay % 60, to: &template, at: Self.hourIndex + 3)
    let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit * Self.longestSample) { target in
      template.withUnsafeBytes { template in
        var position = 0
        samples { second, value in
          let sample = UnsafeMutableRawBufferPointer(rebasing: target[position...])
          sample.copyMemory(from: template)
          sample[Self.hourIndex + 6] = UInt8(truncatingIfNeeded: 48 + second / 10)
          sample[Self.hourIndex + 7] = UInt8(truncatingIfNeeded: 48 + second % 10)
          position += template.count + Self.writeNumber(value, to: sample, at: template.count)
        }
        return position
      }
    }
    if written > 0 { isEmpty = false }
  }

  /// The samples written so far, without the comma before the first.
  var dataset: ByteBuffer {
    var samples = buffer
    if !isEmpty { samples.moveReaderIndex(forwardBy: 1) }
    return samples
  }

  private static func writeDigits(_ number: Int, to bytes: inout [UInt8], at index: Int) {
    bytes[index] = UInt8(48 + number / 10)
    bytes[index + 1] = UInt8(48 + number % 10)
  }

  /// Writes a number that is not negative and the brace that ends its sample; returns how many bytes that took.
  @inline(__always)
  private static func writeNumber(_ number: Int, to bytes: UnsafeMutableRawBufferPointer, at index: Int) -> Int {
    var digits = 1
    var power = 10
    while number >= power {
      digits += 1
      power *= 10
    }
    var rest = number
    for position in stride(from: index + digits - 1, through: index, by: -1) {
      bytes[position] = UInt8(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
    }
    bytes[index + digits] = 125
    return digits + 1
  }
}
