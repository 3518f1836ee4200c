# Installed: the program, and the three libraries with their headers as the CMake package `tracer`, so that another
# program can embed the engine: find_package(tracer) and link tracer::tracer_sched.

include(CMakePackageConfigHelpers)

install(TARGETS tracer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/docs/tracer.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tracer)
set(archive_dir ${CMAKE_INSTALL_LIBDIR}/tracer)

# The vendors' targets travel along; what they stand for is found again by tracerConfig.cmake.
set(vendors "")
foreach(vendor wolfssl uring cares re2 xxhash)
  list(APPEND vendors tracer_dep_${vendor})
endforeach()
install(TARGETS tracer_ssl tracer_engine tracer_sched ${vendors}
  EXPORT tracerTargets
  ARCHIVE DESTINATION ${archive_dir} COMPONENT library)

get_property(prefix_archives GLOBAL PROPERTY TRACER_PREFIX_ARCHIVES)
list(FILTER prefix_archives EXCLUDE REGEX "simdjson")
get_property(TRACER_PKGCONFIG_MODULES GLOBAL PROPERTY TRACER_PKGCONFIG_MODULES)
list(FILTER TRACER_PKGCONFIG_MODULES INCLUDE REGEX "^(wolfssl|uring|cares|re2)=")
list(JOIN TRACER_PKGCONFIG_MODULES " " TRACER_PKGCONFIG_MODULES)
install(FILES ${prefix_archives} DESTINATION ${archive_dir} COMPONENT library)

foreach(folder ssl engine sched)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tracer
    COMPONENT library
    FILES_MATCHING PATTERN "*.h")
endforeach()

install(EXPORT tracerTargets NAMESPACE tracer:: DESTINATION ${package_dir} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tracerConfig.cmake.in
  ${PROJECT_BINARY_DIR}/generated/tracerConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/tracerConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/generated/tracerConfig.cmake
  ${PROJECT_BINARY_DIR}/generated/tracerConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT library)
