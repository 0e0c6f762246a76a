/// What a reader of packages accepts. A number beyond a limit is refused before anything is reserved for it.
package struct PackageLimits: Sendable, Equatable {
  /// Attributes of one package.
  package var attributes: Int
  /// Names and values of one package together.
  package var attributeBytes: Int
  /// Content of one package.
  package var contentBytes: Int

  package init(attributes: Int = 10_000, attributeBytes: Int = 16 << 20, contentBytes: Int = 1 << 30) {
    self.attributes = attributes
    self.attributeBytes = attributeBytes
    self.contentBytes = contentBytes
  }
}

/// Why bytes are no packages.
package struct PackageProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Number of the package, from 1.
  package var package: Int
  /// Where in the bytes, from 0.
  package var offset: Int
  package var found: String
  package var expected: String

  package init(package: Int, offset: Int, found: String, expected: String) {
    self.package = package
    self.offset = offset
    self.found = found
    self.expected = expected
  }

  package var description: String { "package \(package), byte \(offset): \(found); expected \(expected)" }
}

/// Reads packages that follow each other.
package struct PackageReader: Sendable {
  private let bytes: [UInt8]
  private let limits: PackageLimits
  private var position = 0
  private var number = 0

  package init(_ bytes: [UInt8], limits: PackageLimits = PackageLimits()) {
    self.bytes = bytes
    self.limits = limits
  }

  /// The next package; nil at the end. Of two attributes with one name the later counts, as in NiFi. Throws for everything that is no whole package
  /// or exceeds a limit; then nothing more can be read.
  package mutating func next() throws(PackageProblem) -> FlowFilePackage? {
    guard position < bytes.count else { return nil }
    number += 1
    let start = position
    let magic = try take(FlowFilePackage.magic.count, "the beginning")
    guard magic.elementsEqual(FlowFilePackage.magic) else {
      throw problem(at: start, "no beginning of a package", "'NiFiFF3'")
    }
    let attributes = try self.attributes()
    let place = position
    let length = try UInt64(bigEndian: take(8, "the content's length"))
    guard length <= UInt64(limits.contentBytes) else {
      throw problem(at: place, "a content of \(length) bytes", "at most \(limits.contentBytes)")
    }
    return FlowFilePackage(attributes: attributes, content: Array(try take(Int(length), "the content")))
  }

  private mutating func attributes() throws(PackageProblem) -> [String: String] {
    let place = position, count = try length("the number of attributes")
    // NiFi's reader refuses it, too.
    guard count > 0 else { throw problem(at: place, "no attribute", "one or more") }
    guard count <= limits.attributes else { throw problem(at: place, "\(count) attributes", "at most \(limits.attributes)") }
    var attributes: [String: String] = [:], total = 0
    for index in 1...count {
      let name = try text("the name of attribute \(index)", &total)
      attributes[name] = try text("the value of attribute \(index)", &total)
    }
    return attributes
  }

  private mutating func text(_ what: String, _ total: inout Int) throws(PackageProblem) -> String {
    let place = position, count = try length("the length of \(what)")
    guard count <= limits.attributeBytes - total else {
      throw problem(at: place, "\(what) makes attributes of \(total + count) bytes", "at most \(limits.attributeBytes)")
    }
    total += count
    let start = position
    guard let text = String(validating: try take(count, what), as: UTF8.self) else { throw problem(at: start, "\(what) is not UTF-8", "UTF-8") }
    return text
  }

  /// A number in two or six bytes.
  private mutating func length(_ what: String) throws(PackageProblem) -> Int {
    let short = try UInt64(bigEndian: take(2, what))
    guard short == UInt64(FlowFilePackage.shortLimit) else { return Int(short) }
    let place = position, long = try UInt64(bigEndian: take(4, what))
    guard long <= UInt64(Int32.max) else { throw problem(at: place, "\(what) is \(long)", "at most \(Int32.max)") }
    return Int(long)
  }

  private mutating func take(_ count: Int, _ what: String) throws(PackageProblem) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else {
      throw problem(at: bytes.count, "the end, within \(what)", "\(count - (bytes.count - position)) bytes more")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private func problem(at offset: Int, _ found: String, _ expected: String) -> PackageProblem {
    PackageProblem(package: number, offset: offset, found: found, expected: expected)
  }
}

extension UInt64 {
  /// At most eight bytes.
  fileprivate init(bigEndian bytes: ArraySlice<UInt8>) { self = bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
