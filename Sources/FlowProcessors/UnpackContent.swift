import FlowCore
import FlowPackaging

/// Takes FlowFiles out of a package, as NiFi's processor of this name does.
///
/// Only NiFi's own packages are unpacked (FlowFile stream, version 3): zip, tar and the older versions are not. Each FlowFile has the attributes of
/// its package, beside those of the FlowFile that the package came in, and an uuid of its own. NiFi numbers only the files of a zip or tar, so there
/// are no `fragment` attributes.
///
///     - name: unpack
///       type: UnpackContent
///       properties: { packaging_format: flowfile-stream-v3 }
///       to: { success: look for duplicates, original: drop, failure: errors }
package struct UnpackContent: Processor {
  enum Format: String, CaseIterable, Sendable {
    case mediaType = "use_mime.type_attribute"
    case version3 = "flowfile-stream-v3"
  }
  static let format = Property<Format>("packaging_format", .choice, default: "use_mime.type_attribute", "How the content is packaged. `use_mime.type_attribute`: as the attribute `mime.type` says.")
  static let size = Property<Int>("size", .byteSize, default: "1 GB", "Maximum size of the content of one FlowFile in the package.")

  static let success = Relationship("success", "Each FlowFile of the package; also a content that is no package by its `mime.type`, unchanged.")
  static let original = Relationship("original", "The package, if it was unpacked.")
  static let failure = Relationship(
    Relationship.failureName, "The content is no whole package, is empty, has no `mime.type`, or is packaged in a way that is not unpacked here (`bad_data`).")

  package static let descriptor = {
    var descriptor = ProcessorDescriptor(
      type: "UnpackContent",
      summary: "Takes FlowFiles out of a package of NiFi (FlowFile stream v3).",
      properties: [PropertyDescriptor(format), PropertyDescriptor(size)],
      relationships: [success, original, failure],
      writes: [AttributeDescriptor("mime.type", "`application/octet-stream` if the package says nothing.")],
      counters: [AttributeDescriptor("unpacked", "FlowFiles taken out of packages.")])
    // Those of the packages.
    descriptor.writesAnyAttribute = true
    return descriptor
  }()

  /// FlowFiles of one package: all of them are in memory until they are committed.
  private static let most = 100_000
  /// What NiFi unpacks and this processor does not, by media type.
  private static let elsewhere = [
    "application/tar": "tar", "application/x-tar": "tar", "application/zip": "zip", "application/x-zip-compressed": "zip",
    "application/flowfile-v2": "FlowFile stream v2", "application/flowfile-v1": "FlowFile tar v1",
  ]

  private let format: Format
  private let limits: PackageLimits

  package init(_ configuration: ProcessorConfiguration) throws {
    format = configuration[Self.format]
    limits = PackageLimits(contentBytes: configuration[Self.size])
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    func fail(_ message: String) { session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: .badData, message: message)) }
    if format == .mediaType {
      guard let type = flowFile["mime.type"] else {
        return fail("there is no attribute mime.type; expected one, or another packaging_format than \(Format.mediaType.rawValue)")
      }
      if let name = Self.elsewhere[type] { return fail("mime.type is '\(type)': \(name) is not unpacked here; expected \(FlowFilePackage.mediaType)") }
      guard type == FlowFilePackage.mediaType else { return session.transfer(flowFile, to: Self.success) }
    }
    var loaded = flowFile
    try await loaded.loadContent(session.environment.contents)
    do {
      let packages = try packages(in: loaded.content.fileBytes)
      guard !packages.isEmpty else { return fail("the content is empty; expected one package or more") }
      guard packages.count <= Self.most else { return fail("there are more than \(Self.most) FlowFiles in it, the most that are taken out at once; expected fewer: split the package where it is made") }
      for package in packages { session.transfer(unpacked(package, of: flowFile, session), to: Self.success) }
      session.count("unpacked", packages.count)
      session.transfer(flowFile, to: Self.original)
    } catch {
      fail("\(error)")
    }
  }

  /// One more than the most at most.
  private func packages(in bytes: [UInt8]) throws(PackageProblem) -> [FlowFilePackage] {
    var reader = PackageReader(bytes, limits: limits), packages: [FlowFilePackage] = []
    while packages.count <= Self.most, let package = try reader.next() { packages.append(package) }
    return packages
  }

  private func unpacked(_ package: FlowFilePackage, of flowFile: FlowFile, _ session: ProcessSession) -> FlowFile {
    var child = session.create(childOf: flowFile)
    child["mime.type"] = "application/octet-stream"
    for (name, value) in package.attributes { child[name] = value }
    if !package.content.isEmpty { child.content = .bytes(package.content) }
    return child
  }
}
