# How a folder becomes a target. Sources are found by glob, so that adding a file needs no edit here.

# tracer_glob(OUT [RECURSE] FOLDER PATTERN...): absolute paths, sorted.
function(tracer_glob out)
  set(mode GLOB)
  if("${ARGV1}" STREQUAL RECURSE)
    set(mode GLOB_RECURSE)
    list(REMOVE_AT ARGN 0)
  endif()
  list(POP_FRONT ARGN folder)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/${folder}/)
  file(${mode} found LIST_DIRECTORIES false CONFIGURE_DEPENDS ${ARGN})
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

function(tracer_static_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tracer>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:tracer_warnings>)
endfunction()

# tracer_library(NAME FOLDER): one folder of the engine, with its own headers and sources.
function(tracer_library name folder)
  tracer_glob(sources ${folder} "*.cc")
  tracer_static_library(${name} ${sources})
endfunction()

function(tracer_program name libraries sources)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${libraries} tracer_warnings)
endfunction()
