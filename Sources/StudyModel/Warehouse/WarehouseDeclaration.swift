import FlowCore

/// How a flow file declares the service that loads a warehouse, the same for every kind of warehouse.
package enum WarehouseDeclaration {
  package static let url = Property<String>(
    "url", .optionalText, default: "",
    "The warehouse: `postgresql://USER@HOST/NAME` or `redshift://USER@HOST:5439/NAME`, without a password. Empty: the flow's own database is the warehouse.")
  package static let role = Property<String>(
    "role", .optionalText, default: "", "ARN of the role by which Redshift reads the objects that PutParquet has put into S3.")

  package static let descriptor = ServiceDescriptor(
    type: "Warehouse", summary: "Takes copies of the rows, for analysis.", roles: [.warehouse], properties: [PropertyDescriptor(url), PropertyDescriptor(role)])
}
