/// A FlowFile outside of a flow: attributes and content, as NiFi's FlowFile stream, version 3, has them. A value; makes no assumption about names.
///
/// A package is: the bytes `NiFiFF3`; the number of attributes; for each, the length of its name, the name, the length of its value, the value; the
/// length of the content in 8 bytes; the content. Numbers are big-endian, texts UTF-8. A number of attributes or bytes takes 2 bytes, from 65,535 on
/// `FF FF` and 4 bytes. Packages may follow each other.
package struct FlowFilePackage: Sendable, Equatable {
  package static let mediaType = "application/flowfile-v3"
  package static let fileExtension = ".pkg"
  static let magic = Array("NiFiFF3".utf8)
  /// From here on a number takes six bytes.
  static let shortLimit = 0xFFFF

  package var attributes: [String: String]
  package var content: [UInt8]

  package init(attributes: [String: String], content: [UInt8]) {
    self.attributes = attributes
    self.content = content
  }

  /// The whole package.
  package var bytes: [UInt8] { Self.head(attributes, contentBytes: content.count) + content }

  /// What stands before the content. NiFi reads no package without an attribute.
  /// - Parameters:
  ///   - attributes: written in the order of their names; each text has less than 2 GB.
  ///   - contentBytes: length of the content that follows.
  package static func head(_ attributes: [String: String], contentBytes: Int) -> [UInt8] {
    var bytes = magic
    append(attributes.count, to: &bytes)
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      for text in [name, value] {
        append(text.utf8.count, to: &bytes)
        bytes += text.utf8
      }
    }
    appendBigEndian(UInt64(contentBytes), to: &bytes)
    return bytes
  }

  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    precondition(number <= Int(Int32.max), "a number of attributes or bytes has at most 31 bits in a package")
    guard number >= shortLimit else { return appendBigEndian(UInt16(number), to: &bytes) }
    appendBigEndian(UInt16.max, to: &bytes)
    appendBigEndian(UInt32(number), to: &bytes)
  }

  private static func appendBigEndian(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }
}
