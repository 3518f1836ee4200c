# What `tracer --version` prints: generated as a header, "tools/tracer/build_info.h", in the build tree.

set(TRACER_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.h.in
  ${PROJECT_BINARY_DIR}/generated/tools/tracer/build_info.h @ONLY)
add_library(tracer_build_info INTERFACE)
target_include_directories(tracer_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
