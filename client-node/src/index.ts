export { type Chancery, connect, type ConnectOptions } from "./connect.js";
export { type Failure, failureOf } from "./errors.js";
export { Follower, type FollowOptions } from "./follow.js";

// The contract: messages, enums and services.
export * from "./generated/chancery/v1/access_pb.js";
export * from "./generated/chancery/v1/audit_service_pb.js";
export * from "./generated/chancery/v1/desk_service_pb.js";
export * from "./generated/chancery/v1/error_pb.js";
export * from "./generated/chancery/v1/event_pb.js";
export * from "./generated/chancery/v1/history_service_pb.js";
export * from "./generated/chancery/v1/info_service_pb.js";
export * from "./generated/chancery/v1/values_pb.js";
export * from "./generated/chancery/v1/visit_pb.js";
export * from "./generated/chancery/v1/visit_service_pb.js";

// The details of errors, and the result of a change that an import refused.
export * from "./generated/google/rpc/error_details_pb.js";
export { type Status as RpcStatus, StatusSchema as RpcStatusSchema } from "./generated/google/rpc/status_pb.js";
