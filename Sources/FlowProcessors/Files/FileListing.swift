import FlowCore
import FlowPatterns

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which files of a folder a source takes: the properties that GetFile and ListFile share.
struct FileListing: Sendable {
  static let folder = Property<String>.required("input_directory", .path, "Folder with the files.")
  static let filter = Property<JavaPattern>("file_filter", .pattern, default: "[^\\.].*", "Regular expression for the whole name of a file, as in Java.")
  static let pathFilter = Property<JavaPattern>(
    "path_filter", .pattern,
    "Regular expression for the whole path of a subfolder, from `input_directory` on: files of others are left out. ListFile compares `input_directory` itself as an empty path; GetFile always takes its files.")
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
  private let filtersTopFolder: Bool
  private let fileSystem: any FileSystem

  /// - Parameter filtersTopFolder: whether `path_filter` is for the files of the folder itself, too; there NiFi's two processors differ.
  init(_ configuration: ProcessorConfiguration, isRecursive: Bool, filtersTopFolder: Bool) {
    let path = configuration[Self.folder]
    folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    values = configuration.values
    self.isRecursive = isRecursive
    self.filtersTopFolder = filtersTopFolder
    fileSystem = configuration.environment.fileSystem
  }

  /// The files that are wanted, by path. Blocks. Links to folders are not followed.
  /// - Throws: `ProcessorError` (`not_found`, `disk`) if the folder cannot be read.
  func files(at now: Instant) throws -> [ListedFile] {
    do {
      guard try fileSystem.status(folder)?.isFolder == true else {
        throw ProcessorError(.notFound, "there is no folder '\(folder)'; expected input_directory to name one")
      }
      var found: [ListedFile] = []
      var folders = [""]
      while let relative = folders.popLast() {
        let names = try fileSystem.names(in: path(of: relative)).filter { !(values[Self.ignoresHidden] && $0.hasPrefix(".")) }
        for name in names {
          guard let status = try status(path(of: relative + name)) else { continue }
          if status.isFolder {
            if isRecursive, try !fileSystem.isSymbolicLink(path(of: relative + name)) { folders.append(relative + name + "/") }
          } else if status.isRegularFile, try matches(name, in: relative), let file = try wanted(name, in: relative, status, now) {
            found.append(file)
          }
        }
      }
      return found.sorted { $0.path < $1.path }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "\(error); expected a folder whose files can be listed")
    }
  }

  private func matches(_ name: String, in relative: String) throws -> Bool {
    guard try values[Self.filter].isWhole(name) else { return false }
    guard let pattern = values.optional(Self.pathFilter), filtersTopFolder || !relative.isEmpty else { return true }
    return try pattern.isWhole(String(relative.dropLast()))
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
