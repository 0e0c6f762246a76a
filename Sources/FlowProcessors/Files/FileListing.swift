import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which files of a folder a source takes: the properties that GetFile and ListFile share.
struct FileListing: Sendable {
  static let folder = Property<String>.required("input_directory", .path, "Folder with the files.")
  static let filter = Property<String>("file_filter", .pattern, default: "[^\\.].*", "Regular expression for the whole name of a file.")
  static let pathFilter = Property<String>("path_filter", .pattern, "Regular expression for the path of a subfolder, from `input_directory` on; files elsewhere are left out.")
  static let minimumAge = Property<Duration>("minimum_file_age", .duration, default: "0s", "Time since a file was changed; a younger one is left out.")
  static let maximumAge = Property<Duration>("maximum_file_age", .duration, "Time since a file was changed; an older one is left out.")
  static let minimumSize = Property<Int>("minimum_file_size", .byteSize, default: "0 B", "A smaller file is left out.")
  static let maximumSize = Property<Int>("maximum_file_size", .byteSize, "A larger file is left out.")
  static let ignoresHidden = Property<Bool>("ignore_hidden_files", .boolean, default: "true", "Whether files and folders whose names begin with a point are left out.")

  /// - Parameter recursion: the processor's own, because NiFi's defaults and names differ.
  static func properties(_ recursion: Property<Bool>) -> [PropertyDescriptor] {
    [
      PropertyDescriptor(folder), PropertyDescriptor(filter), PropertyDescriptor(recursion), PropertyDescriptor(pathFilter), PropertyDescriptor(minimumAge),
      PropertyDescriptor(maximumAge), PropertyDescriptor(minimumSize), PropertyDescriptor(maximumSize), PropertyDescriptor(ignoresHidden),
    ]
  }

  static let attributes = [
    AttributeDescriptor("filename", "The file's name."),
    AttributeDescriptor("path", "Its folder, from `input_directory` on, with `/` at the end; `./` for that folder itself."),
    AttributeDescriptor("absolute.path", "Its folder, with `/` at the end."),
    AttributeDescriptor("file.size", "Its size in bytes."),
    AttributeDescriptor("file.lastModifiedTime", "When it was changed, such as 2026-01-05T08:00:00+0000."),
    AttributeDescriptor("file.permissions", "Its permissions, such as rw-r-----."),
  ]

  let folder: String
  private let values: PropertyValues
  private let isRecursive: Bool
  private let fileSystem: any FileSystem

  init(_ configuration: ProcessorConfiguration, isRecursive: Bool) {
    let path = configuration[Self.folder]
    folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    values = configuration.values
    self.isRecursive = isRecursive
    fileSystem = configuration.environment.fileSystem
  }

  /// The files that are wanted, by path. Blocks. Links to folders are not followed.
  /// - Throws: `ProcessorError` (`not_found`, `disk`) if the folder cannot be read.
  func files(at now: Instant) throws -> [ListedFile] {
    do {
      guard try fileSystem.status(folder)?.isFolder == true else {
        throw ProcessorError(.notFound, "there is no folder '\(folder)'; expected input_directory to name one")
      }
      var patterns = FilePatterns(values[Self.filter], path: values.optional(Self.pathFilter))
      var found: [ListedFile] = []
      var folders = [""]
      while let relative = folders.popLast() {
        let names = try fileSystem.names(in: path(of: relative)).filter { !(values[Self.ignoresHidden] && $0.hasPrefix(".")) }
        for name in names {
          guard let status = try status(path(of: relative + name)) else { continue }
          if status.isFolder {
            if isRecursive, try !fileSystem.isSymbolicLink(path(of: relative + name)) { folders.append(relative + name + "/") }
          } else if status.isRegularFile, patterns.match(name: name, folder: relative), let file = try wanted(name, in: relative, status, now) {
            found.append(file)
          }
        }
      }
      return found.sorted { $0.path < $1.path }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "\(error); expected a folder whose files can be listed")
    }
  }

  private func path(of relative: String) -> String { folder == "/" ? "/" + relative : relative.isEmpty ? folder : folder + "/" + relative }

  /// nil: it went away meanwhile, or it may not be looked at.
  private func status(_ path: String) throws -> FileStatus? {
    do {
      return try fileSystem.status(path)
    } catch let error as FileSystemError where [ENOENT, EACCES, ELOOP].contains(error.errno) {
      return nil
    }
  }

  private func wanted(_ name: String, in relative: String, _ status: FileStatus, _ now: Instant) throws -> ListedFile? {
    guard status.sizeBytes >= Int64(values[Self.minimumSize]), status.sizeBytes <= Int64(values.optional(Self.maximumSize) ?? .max) else { return nil }
    let modified = try fileSystem.modificationTime(path(of: relative + name))
    if let modified {
      let age = now - modified
      if age < values[Self.minimumAge] || age > values.optional(Self.maximumAge) ?? age { return nil }
    }
    return ListedFile(path: path(of: relative + name), name: name, relativeFolder: relative, status: status, modified: modified)
  }
}

/// A file that was found.
struct ListedFile: Sendable, Equatable {
  var path: String
  var name: String
  /// From the listed folder on, with `/` at the end; empty for that folder itself.
  var relativeFolder: String
  var status: FileStatus
  /// nil: the file system does not say.
  var modified: Instant?

  func describe(_ flowFile: inout FlowFile) {
    flowFile["filename"] = name
    flowFile["path"] = relativeFolder.isEmpty ? "./" : relativeFolder
    flowFile["absolute.path"] = String(path.dropLast(name.count))
    flowFile["file.size"] = String(status.sizeBytes)
    flowFile["file.lastModifiedTime"] = modified.map { Instant(seconds: $0.seconds).text.replacing("Z", with: "+0000") }
    flowFile["file.permissions"] = String("rwxrwxrwx".enumerated().map { status.mode >> UInt32(8 - $0.offset) & 1 == 1 ? $0.element : "-" })
  }
}

/// The patterns of one listing.
private struct FilePatterns {
  private let name: Regex<AnyRegexOutput>?
  private let path: Regex<AnyRegexOutput>?

  /// The texts have been checked by their kind.
  init(_ name: String, path: String?) {
    self.name = try? Regex(name)
    self.path = path.flatMap { try? Regex($0) }
  }

  mutating func match(name: String, folder: String) -> Bool {
    matches(self.name, name) && matches(path, folder.isEmpty ? "" : String(folder.dropLast()))
  }

  private func matches(_ pattern: Regex<AnyRegexOutput>?, _ text: String) -> Bool {
    guard let pattern else { return true }
    return (try? pattern.wholeMatch(in: text)) != nil
  }
}

extension PropertyKind where Value == String {
  fileprivate static var pattern: PropertyKind {
    .scalar("regular expression", expected: "a regular expression such as .*\\.csv") { text in (try? Regex(text)) == nil ? nil : text }
  }
}
