// swift-tools-version:6.2
import Foundation
import PackageDescription

// The targets define the architecture: the allowed imports are declared here and checked by the build
// (`--explicit-target-dependency-import-check error`).

/// Settings of every Swift target of this package. Warnings are errors in CI.
let swiftSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (ProcessInfo.processInfo.environment["CI"] == "true" ? [.treatAllWarnings(as: .error)] : [])

/// Whether Scripts/test --sanitize builds. Nothing is optimised then: ThreadSanitizer took a value that was made on a lane, and read by the task that
/// waited for it, for a race.
let isSanitized = ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] != nil

/// A module of this package and the modules it may import.
/// - Parameters:
///   - embedded: files that become part of the program, as `PackageResources`; paths within the module.
///   - isHot: whether it loops over every byte or row of a response. A debug build optimises it too: the tests collect whole
///     batches, and spent two thirds of their time in these loops.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], embedded: [String] = [], isHot: Bool = false) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: embedded.map { .embedInCode($0) },
    swiftSettings: swiftSettings + (isHot && !isSanitized ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : []))
}

/// The tests of a module.
/// - Parameter exclude: folders that the tests read in place.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [String] = [], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, resources: resources.map { .copy($0) }, swiftSettings: swiftSettings)
}

/// The services: one module per subject, each with its C library if it needs one.
let services: [Target.Dependency] = [
  "FlowExport", "FlowFileSystem", "FlowHTTP", "FlowJSON", "FlowErrors", "FlowObjects", "FlowPostgres", "FlowSQLite", "FlowWarehouse", "StudyModel", "StudyObjects", "StudyParticipants", "StudyRaw",
]

/// The fuzzer needs a runtime that only Scripts/fuzz links.
let fuzzer: [Target] =
  ProcessInfo.processInfo.environment["FLOWRUN_FUZZER"] == nil
  ? []
  : [
    .target(name: "CFuzzer", path: "Tests/CFuzzer"),
    .executableTarget(name: "fuzzer", dependencies: ["CFuzzer", "FuzzTargets"], path: "Tests/Fuzzer", swiftSettings: swiftSettings),
  ]

/// Names of test targets, separated by commas: only these and what they need are built. Scripts/test --sanitize sets it, because a build
/// of its own for ThreadSanitizer needs neither the program nor the other tests.
let chosenTests = ProcessInfo.processInfo.environment["FLOWRUN_TEST_TARGETS"]?.split(separator: ",").map(String.init)

func isBuilt(_ target: Target) -> Bool {
  guard let chosenTests else { return true }
  switch target.type {
  case .test: return chosenTests.contains(target.name)
  case .executable: return false
  default: return target.name != "FuzzTargets"
  }
}

let package = Package(
  name: "flowrun",
  platforms: [.macOS(.v15)],
  products: chosenTests == nil ? [.executable(name: "flowrun", targets: ["flowrun"])] : [],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.7.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: ([
    // C targets: the only places that include C headers.
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CSimdJSON", cxxSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("simdjson")]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("crypto", .when(platforms: [.linux]))]),
    .target(name: "CPosix"),

    module("FlowBase", isHot: true),
    // macOS has CryptoKit.
    module("FlowCrypto", ["FlowBase", .target(name: "COpenSSL", condition: .when(platforms: [.linux]))], isHot: true),
    module("FlowCore", ["FlowBase"]),
    module("FlowPatterns"),
    module("FlowExpression", ["FlowBase", "FlowCrypto", "FlowPatterns"]),
    module("FlowDefinition", ["FlowCore", "FlowCrypto", "FlowExpression", "FlowSchedule", "CYAML"]),
    module(
      "FlowEngine",
      [
        "FlowCore", .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    module("FlowFileSystem", ["FlowCore", "CPosix"]),
    module("FlowHTTP", ["FlowCore", "CCurl"]),
    module("FlowJSON", ["FlowCore", "CSimdJSON"], isHot: true),
    module("FlowObjects", ["FlowBase", "FlowCore", "FlowCrypto"]),
    module("StudyModel", ["FlowCore", "FlowCrypto"]),
    module("FlowErrors", ["FlowCore", "FlowFileSystem", "StudyModel"]),
    module("StudyLedger", ["FlowCore", "StudyModel"], isHot: true),
    module(
      "FlowSQLite",
      ["FlowCore", "StudyModel", "StudyLedger", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")], isHot: true),
    module("FlowPostgres", ["FlowCore", "StudyModel", "StudyLedger", "CPostgres"]),
    module("FlowWarehouse", ["FlowCore", "StudyModel", "StudyLedger"]),
    module("StudyParticipants", ["FlowBase", "FlowCore", "FlowCrypto", "StudyModel"]),
    module("FlowCompression", ["CZlib", "CZstd"], isHot: true),
    module("FlowPackaging"),
    module("FlowParquet", ["FlowBase", "FlowCore", "FlowCompression"], isHot: true),
    module("StudyRaw", ["FlowBase", "FlowCore", "FlowCrypto", "FlowCompression", "FlowObjects", "StudyModel"]),
    module("StudyObjects", ["FlowBase", "FlowCore", "FlowCrypto", "FlowObjects", "FlowParquet", "StudyLedger", "StudyModel"]),
    module("FlowModels", ["FlowBase", "FlowCore", "StudyModel"]),
    module("FlowExport", ["FlowBase", "FlowCore", "FlowCrypto", "FlowObjects", "FlowParquet", "StudyModel"]),
    module("FlowXML", ["FlowBase"], isHot: true),
    module("FlowImport", ["FlowBase", "FlowCore", "FlowCompression", "FlowExpression", "FlowXML"], isHot: true),
    module("FlowProcessors", ["FlowCore", "FlowExpression", "FlowPackaging", "FlowPatterns", "FlowXML"]),
    module("StudyProcessors", ["FlowCore", "FlowCrypto", "FlowProcessors", "FlowXML", "StudyModel"]),
    module(
      "FlowSimulator",
      [
        "FlowBase", "FlowCore", "FlowCrypto",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], isHot: true),
    module("FlowTesting", ["FlowCore", "FlowEngine", "FlowFileSystem"]),
    module("StudyTesting", ["FlowCore", "StudyModel", "StudyLedger"]),
    module(
      "FlowRuntime",
      [
        "FlowBase", "FlowCore", "FlowDrawing", "FlowExpression", "FlowDefinition", "FlowEngine", "FlowImport", "FlowModels", "FlowPackaging", "FlowProcessors", "StudyProcessors", "FlowSimulator",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ] + services),
    module("FlowDrawing", ["FlowBase", "FlowCore"]),
    module("FlowSchedule", ["FlowBase"]),
    module(
      "StudyReport",
      [
        "FlowBase", "FlowCore", "FlowDrawing", "FlowErrors", "FlowRuntime", "StudyModel", "StudyParticipants", "StudyProcessors",
        .product(name: "Mustache", package: "swift-mustache"),
      ], embedded: ["Templates"]),
    module(
      "StudyWeb",
      [
        "FlowBase", "FlowCore", "FlowCrypto", "FlowDefinition", "FlowDrawing", "FlowEngine", "FlowErrors", "FlowRuntime", "FlowSchedule", "StudyModel",
        "StudyParticipants", "StudyProcessors", "StudyReport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], embedded: ["Templates", "Assets"]),
    .executableTarget(
      name: "flowrun",
      dependencies: [
        "FlowCore", "FlowDrawing", "FlowExport", "FlowExpression", "FlowDefinition", "FlowEngine", "FlowErrors", "FlowFileSystem", "FlowImport", "FlowObjects", "FlowRuntime",
        "FlowSimulator", "StudyModel", "StudyParticipants", "StudyProcessors", "StudyReport", "StudyWeb",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),

    .executableTarget(
      name: "ExpressionBenchmark", dependencies: ["FlowCore", "FlowDefinition", "FlowExpression"], path: "Benchmarks/Expressions",
      swiftSettings: swiftSettings),

    .executableTarget(
      name: "DatabaseRows", dependencies: ["FlowCore", "FlowPostgres", "FlowTesting", "StudyModel"], path: "Benchmarks/DatabaseRows",
      swiftSettings: swiftSettings),

    .executableTarget(
      name: "ParquetRows", dependencies: ["FlowCore", "FlowParquet"], path: "Benchmarks/ParquetRows", swiftSettings: swiftSettings),

    .executableTarget(
      name: "HotLoops",
      dependencies: ["FlowCore", "FlowDefinition", "FlowEngine", "FlowJSON", "FlowProcessors", "FlowTesting", "StudyLedger"],
      path: "Benchmarks/HotLoops", exclude: ["instructions.txt"], swiftSettings: swiftSettings),

    tests("FlowBaseTests", ["FlowBase", "FlowTesting"]),
    tests("FlowCompressionTests", ["FlowCompression"]),
    tests("FlowPackagingTests", ["FlowBase", "FlowCrypto", "FlowPackaging"], exclude: ["Fixtures"]),
    tests("FlowParquetTests", ["FlowCore", "FlowParquet", "FlowTesting"], exclude: ["Fixtures", "Scripts"]),
    tests("StudyRawTests", ["FlowBase", "FlowCore", "FlowCompression", "FlowObjects", "StudyModel", "StudyRaw", "FlowFileSystem", "FlowTesting", "StudyTesting"]),
    tests("StudyObjectsTests", ["FlowCore", "FlowFileSystem", "FlowObjects", "FlowParquet", "FlowTesting", "StudyModel", "StudyObjects"]),
    tests("FlowModelsTests", ["FlowBase", "FlowCore", "FlowModels", "StudyModel", "FlowFileSystem", "FlowTesting"]),
    tests("FlowXMLTests", ["FlowBase", "FlowXML"]),
    tests(
      "FlowImportTests",
      ["FlowBase", "FlowCompression", "FlowCore", "FlowDefinition", "FlowEngine", "FlowExpression", "FlowImport", "FlowRuntime", "FlowTesting", "FlowXML", "StudyProcessors"]),
    tests("FlowCryptoTests", ["FlowBase", "FlowCrypto"]),
    tests("FlowCoreTests", ["FlowCore", "FlowFileSystem", "FlowTesting"]),
    tests(
      "FrameworkTests", ["FlowCore", "FlowDefinition", "FlowEngine", "FlowFileSystem", "FlowProcessors", "FlowTesting"]),
    tests("StudyModelTests", ["FlowCore", "StudyModel"]),
    tests("FlowExpressionTests", ["FlowCore", "FlowExpression", "FlowTesting"], resources: ["Fixtures"]),
    tests("FlowDefinitionTests", ["FlowCore", "FlowDefinition", "FlowSchedule", "FlowProcessors", "StudyProcessors", "FlowTesting"] + services, resources: ["Fixtures"]),
    tests("FlowEngineTests", ["FlowCore", "FlowEngine", "FlowTesting"]),
    tests("FlowFileSystemTests", ["FlowCore", "FlowFileSystem", "FlowTesting"]),
    tests("FlowHTTPTests", ["FlowCore", "FlowHTTP", "FlowTesting"]),
    tests("FlowJSONTests", ["FlowCore", "StudyModel", "FlowJSON", "StudyParticipants", "FlowTesting"]),
    tests("FlowObjectsTests", ["FlowBase", "FlowCore", "FlowCrypto", "FlowFileSystem", "FlowHTTP", "FlowObjects", "FlowTesting"], exclude: ["Scripts"]),
    tests(
      "FlowExportTests",
      [
        "FlowBase", "FlowCore", "FlowCrypto", "FlowExport", "FlowFileSystem", "FlowHTTP", "FlowObjects", "FlowParquet", "FlowPostgres", "FlowSQLite", "FlowTesting",
        "StudyLedger", "StudyModel", "StudyTesting",
      ], exclude: ["Scripts"]),
    tests("FlowWarehouseTests", ["FlowCore", "FlowDefinition", "FlowRuntime", "FlowTesting", "FlowWarehouse", "StudyModel"], exclude: ["Fixtures", "Scripts"]),
    tests("FlowErrorsTests", ["FlowCore", "StudyModel", "FlowErrors", "FlowFileSystem", "FlowTesting"]),
    tests("StudyLedgerTests", ["FlowCore", "StudyModel", "StudyLedger", "StudyTesting", "FlowTesting"]),
    tests("FlowSQLiteTests", ["FlowCore", "StudyModel", "StudyLedger", "StudyTesting", "FlowSQLite", "FlowFileSystem", "FlowTesting", .product(name: "GRDB", package: "GRDB.swift")]),
    tests("FlowPostgresTests", ["FlowCore", "StudyModel", "StudyLedger", "StudyTesting", "FlowPostgres", "FlowTesting"]),
    tests("StudyParticipantsTests", ["FlowCore", "StudyModel", "FlowFileSystem", "StudyParticipants", "FlowTesting", "StudyTesting"]),
    tests(
      "FlowProcessorsTests",
      ["FlowCore", "FlowDefinition", "FlowExpression", "FlowEngine", "FlowPackaging", "FlowProcessors", "FlowXML", "StudyProcessors", "FlowTesting", "StudyTesting"] + services,
      resources: ["Fixtures"]),
    tests(
      "FlowSimulatorTests",
      [
        "FlowBase", "FlowCore", "FlowSimulator", "FlowTesting", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    tests(
      "SimulationTests",
      [
        "FlowCore", "FlowDefinition", "FlowEngine", "FlowProcessors", "StudyProcessors", "FlowSimulator", "FlowRuntime", "FlowTesting",
        "StudyTesting", .product(name: "GRDB", package: "GRDB.swift"),
      ] + services, exclude: ["Scripts"]),
    tests(
      "FlowrunTests",
      [
        "flowrun", "FlowRuntime", "FlowCompression", "FlowCore", "FlowPackaging", "FlowDefinition", "FlowImport", "FlowEngine", "FlowProcessors", "StudyProcessors", "FlowSimulator",
        "FlowTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "GRDB", package: "GRDB.swift"),
      ] + services, exclude: ["Fixtures", "Scripts"]),
    tests("FlowRuntimeTests", ["FlowCore", "FlowDefinition", "FlowEngine", "FlowRuntime", "FlowSimulator", "FlowTesting", "StudyTesting"] + services),
    tests("FlowDrawingTests", ["FlowBase", "FlowCore", "FlowDefinition", "FlowDrawing", "FlowRuntime", "FlowTesting", "FlowXML"]),
    tests("FlowScheduleTests", ["FlowBase", "FlowCore", "FlowSchedule", "FlowTesting"]),
    tests(
      "StudyReportTests",
      [
        "FlowBase", "FlowCore", "FlowDefinition", "FlowDrawing", "FlowErrors", "FlowFileSystem", "FlowRuntime", "FlowSimulator", "FlowTesting", "StudyModel",
        "StudyParticipants", "StudyProcessors", "StudyReport", "StudyTesting", .product(name: "GRDB", package: "GRDB.swift"),
      ], exclude: ["Scripts"]),
    tests(
      "StudyWebTests",
      [
        "FlowBase", "FlowCore", "FlowDefinition", "FlowDrawing", "FlowErrors", "FlowFileSystem", "FlowHTTP", "FlowRuntime", "FlowSchedule", "FlowSimulator", "FlowTesting",
        "StudyModel", "StudyParticipants", "StudyProcessors", "StudyReport", "StudyTesting", "StudyWeb", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
      ], exclude: ["Scripts"]),
    tests("TidyTests", []),

    .target(
      name: "FuzzTargets", dependencies: ["FlowCore", "FlowExpression", "FlowDefinition", "FlowImport", "FlowPackaging", "FlowProcessors", "StudyProcessors"] + services,
      path: "Tests/FuzzTargets", swiftSettings: swiftSettings),
    tests("FuzzTests", ["FuzzTargets"], exclude: ["Corpus"]),
  ] + fuzzer).filter(isBuilt),
  cxxLanguageStandard: .cxx17
)
