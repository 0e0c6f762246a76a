import FlowCore

/// How a flow file declares the service that holds a study's tables and ledger, the same for every kind of database.
package enum DatabaseDeclaration {
  package static let path = Property<String>.required(
    "path", .path,
    "The file of the database, made with its folder if missing, not on a network file system; or the URI of a server, without a password, such as "
      + "postgresql://USER@HOST/NAME?sslmode=verify-full.")
  package static let agree = Property(
    "agree", .map(of: .text), "Facts that must be the same in every flow that uses the database, such as the detail of its data.")

  package static let descriptor = ServiceDescriptor(
    type: "Database", summary: "Stores tables and ledger in a file or on a server.", roles: [.recordStore, .sqlDatabase],
    properties: [PropertyDescriptor(path), PropertyDescriptor(agree)])
}
