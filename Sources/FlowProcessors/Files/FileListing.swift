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
    AttributeDescriptor("absolute.path", "Its folder from the root on, with `/` at the end: as `input_directory` names it, or, if that is relative or has `..`, where it is."),
    AttributeDescriptor("file.size", "Its size in bytes."),
    AttributeDescriptor("file.lastModifiedTime", "When it was changed, such as 2026-01-05T08:00:00+0000."),
    AttributeDescriptor("file.permissions", "Its permissions, such as rw-r-----."),
  ]

  static let paths: @Sendable (PropertyValues) -> [PropertyPath] = { [PropertyPath(folder.name, $0[folder])] }

  static let leftOutCounter = AttributeDescriptor(
    "files left out", "Names of the folder that are not taken although they pass the filters: symbolic links, names that are not UTF-8, files of the run itself, and what this user may not look at.")

  let folder: String
  private let values: PropertyValues
  private let isRecursive: Bool
  private let filtersTopFolder: Bool
  private let fileSystem: any FileSystem
  private let protected: ProtectedPaths

  /// - Parameter filtersTopFolder: whether `path_filter` is for the files of the folder itself, too; there NiFi's two processors differ.
  init(_ configuration: ProcessorConfiguration, isRecursive: Bool, filtersTopFolder: Bool) {
    let path = configuration[Self.folder]
    folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    values = configuration.values
    self.isRecursive = isRecursive
    self.filtersTopFolder = filtersTopFolder
    fileSystem = configuration.environment.fileSystem
    protected = configuration.environment.protectedPaths
  }

  /// The files that are wanted, by path, and what is left out. Blocks.
  /// - Throws: `ProcessorError` (`not_found`, `disk`; `bad_request` for a folder of the run itself) if the folder cannot be read.
  func files(at now: Instant) throws -> FolderListing {
    do {
      guard try fileSystem.status(folder)?.isFolder == true, let place = try fileSystem.resolved(folder) else {
        throw ProcessorError(.notFound, "there is no folder '\(folder)'; expected input_directory to name one")
      }
      let protected = try ProtectedPaths.Resolved(protected, fileSystem)
      if let owner = protected.owner(of: place) { throw ProtectedPaths.refusal(of: folder, owner) }
      var search = Search(place: place, now: now, protected: protected)
      while let relative = search.folders.popLast() { try look(into: relative, &search) }
      search.found.files.sort { $0.path < $1.path }
      return search.found
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "\(error); expected a folder whose files can be listed")
    }
  }

  private struct Search {
    /// The listed folder, resolved.
    let place: String
    let now: Instant
    let protected: ProtectedPaths.Resolved
    /// Those that are still to be looked into, from the listed one on, with `/` at the end.
    var folders = [""]
    var found = FolderListing()

    func place(of relative: String) -> String { place == "/" ? "/" + relative : place + "/" + relative }
  }

  private func look(into relative: String, _ search: inout Search) throws {
    let entries: FolderEntries
    do {
      entries = try fileSystem.entries(in: path(of: relative))
    } catch let error as FileSystemError where !relative.isEmpty && [ENOENT, ENOTDIR, EACCES].contains(error.errno) {
      // Only what went away meanwhile needs no word.
      if error.errno == EACCES { search.found.leave(path(of: String(relative.dropLast())), .forbidden) }
      return
    }
    for name in entries.undecodable where !isHidden(name) { search.found.leave(path(of: relative + name), .undecodable) }
    for name in entries.names where !isHidden(name) {
      do {
        try look(at: name, in: relative, &search)
      } catch let error as FileSystemError where error.errno == EACCES {
        if try matches(name, in: relative) { search.found.leave(path(of: relative + name), .forbidden) }
      } catch let error as FileSystemError where error.isNotThere {
        continue
      }
    }
  }

  private func look(at name: String, in relative: String, _ search: inout Search) throws {
    let path = path(of: relative + name)
    let sighting = try FileSighting(at: path, fileSystem)
    let isFolder = sighting == .folder
    guard try isFolder ? isRecursive : matches(name, in: relative) else { return }
    if let owner = search.protected.owner(of: search.place(of: relative + name)) { return search.found.leave(path, .protected(owner.subject)) }
    switch sighting {
    case .folder: search.folders.append(relative + name + "/")
    case .link: search.found.leave(path, .link)
    case .file(let state):
      guard isWanted(state, search.now) else { return }
      let isPlain = folder.hasPrefix("/") && !folder.split(separator: "/").contains("..")
      let place = isPlain ? path : search.place(of: relative + name)
      search.found.files.append(ListedFile(path: path, place: place, name: name, relativeFolder: relative, state: state))
    case .other, .nothing: return
    }
  }

  private func isHidden(_ name: String) -> Bool { values[Self.ignoresHidden] && name.hasPrefix(".") }

  private func matches(_ name: String, in relative: String) throws -> Bool {
    guard try values[Self.filter].isWhole(name) else { return false }
    guard let pattern = values.optional(Self.pathFilter), filtersTopFolder || !relative.isEmpty else { return true }
    return try pattern.isWhole(String(relative.dropLast()))
  }

  private func path(of relative: String) -> String { folder == "/" ? "/" + relative : relative.isEmpty ? folder : folder + "/" + relative }

  private func isWanted(_ state: FileState, _ now: Instant) -> Bool {
    guard state.sizeBytes >= Int64(values[Self.minimumSize]), state.sizeBytes <= Int64(values.optional(Self.maximumSize) ?? .max) else { return false }
    guard let modified = state.modified else { return true }
    let age = now - modified
    return age >= values[Self.minimumAge] && age <= values.optional(Self.maximumAge) ?? age
  }
}

/// What a folder has for a source.
struct FolderListing: Sendable {
  enum Reason: Sendable, Equatable {
    case link
    case undecodable
    /// EACCES.
    case forbidden
    /// It belongs to the run: to what.
    case protected(String)
  }

  var files: [ListedFile] = []
  private(set) var leftOut: [(path: String, reason: Reason)] = []

  mutating func leave(_ path: String, _ reason: Reason) { leftOut.append((path, reason)) }

  /// Counts what is left out and posts a bulletin for each: no file is left out without a word.
  func tell(_ session: ProcessSession) {
    if leftOut.isEmpty { return }
    session.count(FileListing.leftOutCounter.name, leftOut.count)
    for (path, reason) in leftOut { session.post(.warning, "a file or folder is left out", "\(path): \(Self.words(reason, path))") }
  }

  private static func words(_ reason: Reason, _ path: String) -> String {
    switch reason {
    case .link: "it is a symbolic link; expected the file or folder itself: links are not followed; put it there, or name its folder in input_directory"
    case .undecodable: "its name is not UTF-8; expected a name in UTF-8; rename it, such as with convmv"
    case .forbidden: "this user may not look at it; expected what this user may read (folders also enter); allow it with chmod or chown"
    case .protected(let owner): "it belongs to \(owner), which this run rests on; expected files of the flow's own; move them to a folder of their own"
    }
  }
}

/// A file that was found.
struct ListedFile: Sendable, Equatable {
  var path: String
  /// The path that attributes show, from the root on: as `path`, but resolved where that is relative or leads to a parent folder.
  var place: String
  var name: String
  /// From the listed folder on, with `/` at the end; empty for that folder itself.
  var relativeFolder: String
  var state: FileState

  func describe(_ flowFile: inout FlowFile) {
    flowFile["filename"] = name
    flowFile["path"] = relativeFolder.isEmpty ? "./" : relativeFolder
    flowFile["absolute.path"] = String(place.dropLast(name.count))
    flowFile["file.size"] = String(state.sizeBytes)
    flowFile["file.lastModifiedTime"] = state.modified.map { Instant(seconds: $0.seconds).text.replacing("Z", with: "+0000") }
    flowFile["file.permissions"] = String("rwxrwxrwx".enumerated().map { state.mode >> UInt32(8 - $0.offset) & 1 == 1 ? $0.element : "-" })
  }
}
