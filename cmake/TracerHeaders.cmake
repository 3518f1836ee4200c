# `check_headers`: each header compiled alone, included twice, so that none leans on what its includer included before.

set(header_checks "")
foreach(folder ssl engine sched tools/tracer tools/fleetsim)
  tracer_glob(headers RECURSE ${folder} "*.h")
  foreach(header IN LISTS headers)
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${header})
    set(check ${PROJECT_BINARY_DIR}/generated/headers/${relative}.cc)
    file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${relative}\"\n#include \"${relative}\"\n")
    list(APPEND header_checks ${check})
  endforeach()
endforeach()

add_library(check_headers OBJECT ${header_checks})
target_include_directories(check_headers PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(check_headers PRIVATE -O0 -g0)
target_link_libraries(check_headers PRIVATE tracer_warnings OpenSSL::SSL fmt::fmt)
set_target_properties(check_headers PROPERTIES EXCLUDE_FROM_ALL $<NOT:$<BOOL:${TRACER_CHECK_HEADERS}>>)
